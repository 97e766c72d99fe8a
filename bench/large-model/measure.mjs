/** Memory and time of exporting a model with weights of their own file, each run in a process of its own (Linux). */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const worker = fileURLToPath(new URL("worker.mjs", import.meta.url));
const SHARD = 4 * 2 ** 20;
/** As `model.save` writes the default one. */
const INITIALIZER = {
  class_name: "VarianceScaling",
  config: { scale: 1, mode: "fanAvg", distribution: "normal", seed: null },
};

/**
 * @typedef {object} Run
 * @property {number} before resident bytes before the export
 * @property {number} peak most resident bytes during it
 * @property {number} seconds
 */

/**
 * A model of square dense layers, [size, size] each, in shards as tf.js writes them.
 *
 * @param {string} folder @param {number} size @param {number} layers
 */
export function writeModel(folder, size, layers) {
  mkdirSync(folder, { recursive: true });
  const names = Array.from({ length: layers }, (_, index) => `dense${index}`);
  const kernel = Float32Array.from({ length: size * size }, (_, at) => Math.sin(at) / size);
  const paths = names.flatMap((_, index) => {
    kernel[0] = index; // no two are equal
    const bytes = new Uint8Array(kernel.buffer);
    return Array.from({ length: Math.ceil(bytes.length / SHARD) }, (_, at) => {
      const path = `group1-shard${index}-${at}.bin`;
      writeFileSync(join(folder, path), bytes.subarray(at * SHARD, (at + 1) * SHARD));
      return path;
    });
  });
  const dense = (/** @type {string} */ name, /** @type {number} */ index) => ({
    class_name: "Dense",
    config: {
      name,
      units: size,
      use_bias: false,
      kernel_initializer: INITIALIZER,
      ...(index === 0 ? { batch_input_shape: [null, size] } : {}),
    },
  });
  const modelTopology = {
    class_name: "Sequential",
    config: { name: "large", layers: names.map(dense) },
  };
  const weights = names.map((name) => {
    return { name: `${name}/kernel`, shape: [size, size], dtype: "float32" };
  });
  const document = { format: "layers-model", modelTopology, weightsManifest: [{ paths, weights }] };
  writeFileSync(join(folder, "model.json"), JSON.stringify(document));
  execFileSync("sync"); // what is measured does not wait for the disk to take this in
  return 4 * size * size * layers;
}

/**
 * One export in a fresh process, to files that do not exist before.
 *
 * @param {"memory" | "shards"} kind @param {string} folder @param {string} target
 * @returns {Run}
 */
export function runExport(kind, folder, target) {
  remove(target, `${target}.data`);
  const args = ["--expose-gc", worker, kind, join(folder, "model.json"), target];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

/**
 * A copy by the system's own call, to a file that does not exist before.
 *
 * @param {string} from @param {string} to @returns {number} seconds
 */
export function timeCopy(from, to) {
  const start = performance.now();
  copyFileSync(from, to);
  const seconds = (performance.now() - start) / 1000;
  remove(to);
  return seconds;
}

function remove(/** @type {string[]} */ ...files) {
  for (const file of files) rmSync(file, { force: true });
}
