/** What our API adds to a raw `session.run`: single calls of both in turns, so that other programs disturb both alike. */
import { join } from "node:path";
import { seededNormal } from "@vaeport/infer/random";
import { orderStatistic } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";

/** What each case takes, in milliseconds; its first fifth warms up. */
const BUDGET = 12_000;

export async function overhead() {
  const rows = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    for (const items of /** @type {const} */ ([1, 64])) rows.push(await measure(net, items));
  }
  return `# Our API's cost over a raw call

\`vae.decode\` and the same ONNX file by \`session.run\`, one thread, single calls in turns. Microseconds at the 5th percentile and the
median of each: on a busy machine the low one is that of the undisturbed calls.

| decoder | batch | raw p5 | ours p5 | difference | raw p50 | ours p50 | difference |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}`;
}

/**
 * @param {import("../training/nets.mjs").NetName} net
 * @param {1 | 64} items
 */
async function measure(net, items) {
  const { loadVae } = await import("@vaeport/infer");
  const ort = await import("onnxruntime-node");
  const { model, latent } = provideModel(net);
  const vae = await loadVae(model, { provider: "cpu", threads: 1 });
  const options = { executionProviders: ["cpu"], intraOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(join(model, "decoder.onnx"), options);
  const z = seededNormal(1, items * latent);
  const raw = () =>
    session.run({ z: new ort.Tensor("float32", z, [items, latent]) }, ["reconstruction"]);
  /** @type {Record<"raw" | "ours", number[]>} */
  const times = { raw: [], ours: [] };
  const start = performance.now();
  while (performance.now() < start + BUDGET) {
    const [a, b] = [await time(raw), await time(() => vae.decode(z))];
    if (performance.now() < start + BUDGET / 5) continue;
    times.raw.push(a);
    times.ours.push(b);
  }
  await session.release();
  await vae.dispose();
  for (const values of Object.values(times)) values.sort((a, b) => a - b);
  const cells = [0.05, 0.5].flatMap((q) => {
    const [low, high] = [orderStatistic(times.raw, q), orderStatistic(times.ours, q)];
    return [low, high, high - low].map((value) => value.toFixed(1));
  });
  return `| ${[net, items, ...cells].join(" | ")} |`;
}

/** @param {() => Promise<unknown>} call */
async function time(call) {
  const start = performance.now();
  await call();
  return (performance.now() - start) * 1000;
}
