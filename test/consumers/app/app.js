/** What every consumer's page does: loads the model, draws, and leaves the outcome where a test finds it. */
import { loadVae } from "@vaeport/infer";
import { seededNormal } from "@vaeport/infer/random";

async function draw() {
  const vae = await loadVae("/model/", { provider: "wasm", threads: 2 });
  const { data } = await vae.sample(4, { seed: 9 });
  const { chosen, verified, threads } = vae.runtime;
  await vae.dispose();
  return {
    chosen,
    verified,
    threads,
    isolated: globalThis.crossOriginIsolated,
    data: [...data],
    noise: [...seededNormal(9, 1000)],
  };
}

export async function main() {
  globalThis.outcome = await draw().catch((error) => ({
    error: `${error.name}: ${error.message}`,
  }));
}
