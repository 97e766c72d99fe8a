/** What our API adds to a raw `session.run`: single calls of both in turns, so that other programs disturb both alike. */
import { join } from "node:path";
import { loadVae } from "@vaeport/infer";
import { seededNormal, seededUint32 } from "@vaeport/infer/random";
import ort from "onnxruntime-node";
import { orderStatistic } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";

/** What each case takes, in milliseconds; its first fifth warms up. */
const BUDGET = 12_000;

/** @typedef {"decode" | "encode bytes"} Call */

export async function overhead() {
  const rows = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    for (const call of /** @type {const} */ (["decode", "encode bytes"])) {
      for (const items of /** @type {const} */ ([1, 64]))
        rows.push(await measure(net, call, items));
    }
  }
  return `# Our API's cost over a raw call

A call of the API and a function that awaits \`session.run\` of the same ONNX file and gives its values, one thread, single
calls in turns. Bytes are 0 to 255; for the raw call a loop scales them to 0 to 1. Microseconds at the 5th percentile and
the median of each: on a busy machine the low one is that of the undisturbed calls.

| net | call | batch | raw p5 | ours p5 | difference | raw p50 | ours p50 | difference |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}`;
}

/**
 * @param {import("../training/nets.mjs").NetName} net
 * @param {Call} call
 * @param {1 | 64} items
 */
async function measure(net, call, items) {
  const { model } = provideModel(net);
  const vae = await loadVae(model, { provider: "cpu", threads: 1 });
  const graph = call === "decode" ? "decoder" : "encoder";
  const options = { executionProviders: ["cpu"], intraOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(join(model, `${graph}.onnx`), options);
  const { raw, ours } = pairs[call](vae, session, items);
  /** @type {Record<"raw" | "ours", number[]>} */
  const times = { raw: [], ours: [] };
  const start = performance.now();
  while (performance.now() < start + BUDGET) {
    const [a, b] = [await time(raw), await time(ours)];
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
  return `| ${[net, call, items, ...cells].join(" | ")} |`;
}

/**
 * What is measured of each call: it on `items` items, and the raw call that gives the same.
 *
 * @type {Record<Call, (vae: import("@vaeport/infer").Vae, session: import("onnxruntime-node").InferenceSession,
 *   items: number) => Record<"raw" | "ours", () => Promise<unknown>>>}
 */
const pairs = {
  decode(vae, session, items) {
    const k = vae.manifest.latent.size;
    const z = seededNormal(1, items * k);
    return {
      async raw() {
        const feeds = { z: new ort.Tensor("float32", z, [items, k]) };
        return (await session.run(feeds, ["reconstruction"])).reconstruction?.data;
      },
      ours: () => vae.decode(z),
    };
  },
  "encode bytes"(vae, session, items) {
    const shape = [items, ...vae.manifest.data.shape];
    const size = shape.reduce((product, length) => product * length);
    const bytes = new Uint8Array(seededUint32(1, Math.ceil(size / 4)).buffer, 0, size);
    return {
      async raw() {
        const x = new Float32Array(size);
        for (let i = 0; i < size; i++) x[i] = /** @type {number} */ (bytes[i]) / 255;
        const { mean, log_variance } = await session.run({
          x: new ort.Tensor("float32", x, shape),
        });
        return { mean: mean?.data, logVariance: log_variance?.data };
      },
      ours: () => vae.encode(bytes),
    };
  },
};

/** @param {() => Promise<unknown>} call */
async function time(call) {
  const start = performance.now();
  await call();
  return (performance.now() - start) * 1000;
}
