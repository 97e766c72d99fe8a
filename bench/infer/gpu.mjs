/** Decoding on a GPU: this package on CUDA and WebGPU in Node, beside raw onnxruntime-node and PyTorch on CUDA. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { seededNormal } from "@vaeport/infer/random";
import { SetupError } from "../../scripts/lib/steps.mjs";
import { summarise } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";
import { startPython } from "./python.mjs";
import { ratio, takeTurns, timed } from "./turns.mjs";

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {(z: Float32Array, items: number) => Promise<ArrayLike<number>>} decode
 * @property {(z: Float32Array, items: number, calls: number) => Promise<number>} [time] where it is not that of `decode`
 * @property {() => unknown} end
 */

/** @param {import("./bench.mjs").Settings} settings */
export async function gpu({ rounds }) {
  const { hasNvidiaDriver } = await import("@vaeport/test/cuda");
  if (!hasNvidiaDriver()) throw new SetupError("This machine has no NVIDIA driver (libcuda.so.1).");
  const sections = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    sections.push(await measure(net, rounds));
  }
  return `# Decoding on a GPU

${describeGpu()}. Time from values in memory to values in memory, ${rounds} rounds in random order, medians; the CPU has its usual
threads. A ratio is the other's time over ours on CUDA in the same round, median [quartiles]: above 1, ours on CUDA is
faster. Error: the largest against ours on the CPU, of probabilities. TensorFloat-32 is off everywhere.

${sections.join("\n\n")}`;
}

function describeGpu() {
  const query = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
  const { stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  return `${(stdout ?? "an unnamed GPU").trim().replace(", ", ", driver ")}`;
}

/**
 * @param {import("../training/nets.mjs").NetName} net
 * @param {number} rounds
 */
async function measure(net, rounds) {
  const { title, latent, model } = provideModel(net);
  const engines = await startEngines(net, model);
  const tables = [];
  for (const items of [1, 64, 1024]) {
    const z = seededNormal(1, items * latent);
    const errors = await compare(engines, z, items);
    const contestants = engines.map(({ name, decode, time }) => ({
      name,
      time: (/** @type {number} */ calls) =>
        time ? time(z, items, calls) : timed(() => decode(z, items))(calls),
    }));
    tables.push(table(items, await takeTurns(contestants, rounds), errors));
  }
  for (const engine of engines) await engine.end();
  return `## ${title.split(/[:;]/)[0]}: the decoder\n\n${tables.join("\n\n")}`;
}

/**
 * @param {string} net
 * @param {string} model
 * @returns {Promise<Engine[]>} ours on the CPU and on CUDA first
 */
async function startEngines(net, model) {
  const { loadVae } = await import("@vaeport/infer");
  const engines = [];
  for (const provider of ["cpu", "cuda", "webgpu"]) {
    const vae = await loadVae(model, { provider, strict: true });
    engines.push({
      name: `vaeport, ${provider}`,
      decode: async (/** @type {Float32Array} */ z) => (await vae.decode(z)).data,
      end: () => vae.dispose(),
    });
  }
  const file = join(model, "decoder.onnx");
  return [...engines, await startRaw(file), await startPyTorch(file, net)];
}

/**
 * @param {string} file
 * @returns {Promise<Engine>}
 */
async function startRaw(file) {
  const ort = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(file, { executionProviders: ["cuda"] });
  return {
    name: "onnxruntime-node, raw, cuda",
    decode: async (z, items) => {
      const feeds = { z: new ort.Tensor("float32", z, [items, z.length / items]) };
      const { reconstruction } = await session.run(feeds, ["reconstruction"]);
      return /** @type {Float32Array} */ (reconstruction?.data);
    },
    end: () => session.release(),
  };
}

/**
 * @param {string} file
 * @param {string} net
 * @returns {Promise<Engine>}
 */
async function startPyTorch(file, net) {
  const python = await startPython("pytorch-cuda", file, net);
  return {
    name: "PyTorch, eager, cuda",
    decode: async (z, items) => (await python.decode(z, items, 1)).first,
    time: async (z, items, calls) => (await python.decode(z, items, calls)).milliseconds,
    end: python.end,
  };
}

/**
 * The largest error of each engine in the first item, against the first engine.
 *
 * @param {Engine[]} engines
 * @param {Float32Array} z
 * @param {number} items
 */
async function compare(engines, z, items) {
  /** @type {Map<string, number>} */
  const errors = new Map();
  const wanted = await /** @type {Engine} */ (engines[0]).decode(z, items);
  for (const { name, decode } of engines) {
    const got = await decode(z, items);
    const distances = Array.from({ length: 784 }, (_, i) => {
      return Math.abs(/** @type {number} */ (got[i]) - /** @type {number} */ (wanted[i]));
    });
    errors.set(name, Math.max(...distances));
  }
  return errors;
}

/**
 * @param {number} items
 * @param {Map<string, number[]>} times
 * @param {Map<string, number>} errors
 */
function table(items, times, errors) {
  const ours = /** @type {number[]} */ (times.get("vaeport, cuda"));
  const rows = [...times].map(([name, values]) => {
    const microseconds = summarise(values).median * 1000;
    const against = values === ours ? "" : ratio(values, ours);
    const error = /** @type {number} */ (errors.get(name)).toExponential(1);
    return `| ${name} | ${microseconds.toFixed(0)} | ${against} | ${error} |`;
  });
  return `Batch ${items}:

| engine | microseconds a call | x ours on cuda | error |
| --- | ---: | ---: | ---: |
${rows.join("\n")}`;
}
