/** A worker that loads a model itself: takes its address, options and a seed, answers with samples. */
import { loadVae } from "@vaeport/infer";

addEventListener("message", async ({ data: { model, options, seed } }) => {
  await using vae = await loadVae(model, options);
  const { chosen, verified } = vae.runtime;
  postMessage({ chosen, verified, drawn: await vae.sample(4, { seed }) });
});
