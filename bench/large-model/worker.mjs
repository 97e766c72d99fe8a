/** Exports one model: `worker.mjs memory|shards <model.json> <target.onnx>`; prints what it took as JSON. */
import { readFileSync, writeFileSync } from "node:fs";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers";
import { exportOnnxFile, loadLayersModel } from "@vaeport/export";

const [kind, location = "", target = ""] = process.argv.slice(2);
tf.enableProdMode();
const source = kind === "memory" ? await loadLayersModel(location) : location;
globalThis.gc?.();
writeFileSync("/proc/self/clear_refs", "5"); // the peak counts from here
const before = memory("VmRSS");
const start = performance.now();
await exportOnnxFile(source, target, { externalData: true, force: true });
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ before, peak: memory("VmHWM"), seconds }));

/** @param {string} field @returns {number} bytes */
function memory(field) {
  const [, kilobytes] =
    new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
