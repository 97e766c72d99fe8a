/** Decoding, by this package and by everybody else, on the same weights, one thread each. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { seededNormal } from "@vaeport/infer/random";
import { summarise } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";
import { startPython } from "./python.mjs";
import { ratio, takeTurns, timed } from "./turns.mjs";

/** How far the outputs of two engines may lie apart: they are probabilities. */
const TOLERANCE = 1e-5;

/** @param {import("./bench.mjs").Settings} settings */
export async function speed({ rounds }) {
  const sections = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    sections.push(await measure(net, rounds));
  }
  return `# Decoding speed, side by side

Time from values in memory to values in memory, one thread each; ${rounds} rounds in random order, medians. A ratio is the other's
time over ours in the same round, median [quartiles]: above 1, ours is faster. Every engine's output is first held to
ours within ${TOLERANCE}. "In native code": ONNX Runtime's own clock, of the time around the call; the rest is the binding.

${sections.join("\n\n")}`;
}

/**
 * @param {import("../training/nets.mjs").NetName} net
 * @param {number} rounds
 */
async function measure(net, rounds) {
  const { title, latent, run, model } = provideModel(net);
  const file = join(model, "decoder.onnx");
  const engines = await startEngines(net, run, model, file);
  const tables = [];
  for (const items of [1, 64]) {
    const z = seededNormal(1, items * latent);
    await gate(engines, z, items);
    const contestants = engines.map(({ name, time }) => ({
      name,
      time: (/** @type {number} */ calls) => time(z, items, calls),
    }));
    tables.push(
      table(items, await takeTurns(contestants, rounds), await nativeShare(file, z, items)),
    );
  }
  for (const engine of engines) await engine.end();
  return `## ${title.split(/[:;]/)[0]}: the decoder\n\n${tables.join("\n\n")}`;
}

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {(z: Float32Array, items: number, calls: number) => Promise<number>} time
 * @property {(z: Float32Array, items: number) => Promise<ArrayLike<number>>} decode
 * @property {() => unknown} end
 */

/**
 * @param {string} net
 * @param {string} run
 * @param {string} model
 * @param {string} file
 * @returns {Promise<Engine[]>}
 */
async function startEngines(net, run, model, file) {
  const { loadVae } = await import("@vaeport/infer");
  const { loadTensorFlow } = await import("@vaeport/train/tensorflow");
  const ort = await import("onnxruntime-node");
  const tf = await loadTensorFlow();
  const vae = await loadVae(model, { provider: "cpu", threads: 1 });
  const options = { executionProviders: ["cpu"], intraOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(file, options);
  const layers = await tf.loadLayersModel(`file://${join(run, "decoder", "model.json")}`);
  /** @type {(name: string, decode: Engine["decode"], end: () => unknown) => Engine} */
  const engine = (name, decode, end) => ({
    name,
    decode,
    time: (z, items, calls) => timed(() => decode(z, items))(calls),
    end,
  });
  return [
    engine(
      "vaeport",
      async (z) => (await vae.decode(z)).data,
      () => vae.dispose(),
    ),
    engine(
      "onnxruntime-node, raw",
      async (z, items) => {
        const feeds = { z: new ort.Tensor("float32", z, [items, z.length / items]) };
        const { reconstruction } = await session.run(feeds, ["reconstruction"]);
        return /** @type {Float32Array} */ (reconstruction?.data);
      },
      () => session.release(),
    ),
    engine(
      "tfjs-node",
      async (z, items) =>
        tf.tidy(() => {
          const logits = layers.predict(tf.tensor2d(z, [items, z.length / items]));
          const [first] = [logits].flat();
          return /** @type {Float32Array} */ (tf.sigmoid(/** @type {any} */ (first)).dataSync());
        }),
      () => layers.dispose(),
    ),
    ...(await Promise.all(
      /** @type {const} */ (["onnxruntime", "pytorch"]).map(async (kind) => {
        const python = await startPython(kind, file, net);
        return {
          name: kind === "pytorch" ? "PyTorch, eager" : "Python onnxruntime, raw",
          time: async (
            /** @type {Float32Array} */ z,
            /** @type {number} */ items,
            /** @type {number} */ calls,
          ) => (await python.decode(z, items, calls)).milliseconds,
          decode: async (/** @type {Float32Array} */ z, /** @type {number} */ items) =>
            (await python.decode(z, items, 1)).first,
          end: python.end,
        };
      }),
    )),
  ];
}

/**
 * Throws unless all engines compute the same: nobody is timed at other work.
 *
 * @param {Engine[]} engines
 * @param {Float32Array} z
 * @param {number} items
 */
async function gate([ours, ...others], z, items) {
  const wanted = await /** @type {Engine} */ (ours).decode(z, items);
  for (const { name, decode } of others) {
    const got = await decode(z, items);
    for (let i = 0; i < 784; i++) {
      const error = Math.abs(/** @type {number} */ (got[i]) - /** @type {number} */ (wanted[i]));
      if (!(error <= TOLERANCE)) throw new Error(`${name}: value ${i} is off by ${error}`);
    }
  }
}

/**
 * The share of a call that onnxruntime-node spends in native code, by its profile.
 *
 * @param {string} file
 * @param {Float32Array} z
 * @param {number} items
 */
async function nativeShare(file, z, items) {
  const ort = await import("onnxruntime-node");
  const prefix = `${file}.profile`;
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    enableProfiling: true,
    profileFilePrefix: prefix,
  });
  const feeds = { z: new ort.Tensor("float32", z, [items, z.length / items]) };
  const walls = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    await session.run(feeds, ["reconstruction"]);
    walls.push(performance.now() - start);
  }
  session.endProfiling();
  await session.release();
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(prefix)));
  const paths = names.map((name) => join(dirname(file), name));
  /** @type {{ name: string, dur: number }[]} */
  const events = JSON.parse(readFileSync(/** @type {string} */ (paths[0]), "utf8"));
  for (const path of paths) rmSync(path);
  const runs = events.filter((event) => event.name === "model_run").map(({ dur }) => dur / 1000);
  return summarise(runs).median / summarise(walls).median;
}

/**
 * @param {number} items
 * @param {Map<string, number[]>} times
 * @param {number} share
 */
function table(items, times, share) {
  const ours = /** @type {number[]} */ (times.get("vaeport"));
  const raw = /** @type {number[]} */ (times.get("onnxruntime-node, raw"));
  const rows = [...times].map(([name, values]) => {
    const microseconds = summarise(values).median * 1000;
    return `| ${name} | ${microseconds.toFixed(0)} | ${name === "vaeport" ? "" : ratio(values, ours)} |`;
  });
  const extra = summarise(ours.map((value, i) => value - /** @type {number} */ (raw[i])));
  const overhead = `Our overhead over the raw call: ${(extra.median * 1000).toFixed(1)} microseconds (${(
    (100 * extra.median) / summarise(raw).median
  ).toFixed(1)}%). In native code: ${(100 * share).toFixed(0)}% of the raw call.`;
  return `Batch ${items}:

| engine | microseconds a call | x ours |
| --- | ---: | ---: |
${rows.join("\n")}

${overhead}`;
}
