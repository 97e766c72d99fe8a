/** From an empty process to the first image: import, load, decode, each process anew. */
import { spawnSync } from "node:child_process";
import { summarise } from "../lib/statistics.mjs";
import { provideModel } from "./models.mjs";

const PROGRAM = `
const start = performance.now();
const { loadVae } = await import("@vaeport/infer");
const imported = performance.now();
const vae = await loadVae(process.argv[1], { provider: "cpu", threads: 1, verify: process.argv[2] === "true" });
const loaded = performance.now();
await vae.sample(1, { seed: 1 });
const first = performance.now();
await vae.sample(1, { seed: 2 });
const second = performance.now();
console.log(JSON.stringify([start, imported - start, loaded - imported, first - loaded, second - first, first]));
`;

const RAW = `
import { readFileSync } from "node:fs";
const start = performance.now();
const ort = await import("onnxruntime-node");
const imported = performance.now();
const options = { executionProviders: ["cpu"], intraOpNumThreads: 1 };
const session = await ort.InferenceSession.create(readFileSync(process.argv[1] + "/decoder.onnx"), options);
const loaded = performance.now();
const run = () => session.run({ z: new ort.Tensor("float32", new Float32Array(Number(process.argv[2])), [1, Number(process.argv[2])]) });
await run();
const first = performance.now();
await run();
const second = performance.now();
console.log(JSON.stringify([start, imported - start, loaded - imported, first - loaded, second - first, first]));
`;

const PARTS = [
  "Node itself",
  "import",
  "load",
  "first image",
  "second image",
  "until the first image",
];

/** @param {import("./bench.mjs").Settings} settings */
export async function coldStart({ rounds }) {
  const rows = [];
  for (const net of /** @type {const} */ (["dense", "conv"])) {
    const { model, latent } = provideModel(net);
    const cases = {
      [`${net}: vaeport`]: [PROGRAM, model, "true"],
      [`${net}: vaeport, verify: false`]: [PROGRAM, model, "false"],
      [`${net}: onnxruntime-node, raw, the decoder alone`]: [RAW, model, String(latent)],
    };
    /** @type {Record<string, number[][]>} */
    const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, [program, ...args]] of Object.entries(cases)) {
        times[name]?.push(start(/** @type {string} */ (program), args));
      }
    }
    for (const [name, runs] of Object.entries(times)) {
      const medians = PARTS.map((_, part) =>
        summarise(runs.map((run) => /** @type {number} */ (run[part]))).median.toFixed(1),
      );
      rows.push(`| ${[name, ...medians].join(" | ")} |`);
    }
  }
  return `# Cold start in Node

Milliseconds, medians over ${rounds} processes of each, in turns, files in the system's cache. A load reads three graphs, checks
their SHA-256, makes three sessions, runs each and compares with the stored numbers (\`verify\`). onnxruntime-node's native
library is loaded in "load" with vaeport, in "import" raw.

| | ${PARTS.join(" | ")} |
| --- | ${PARTS.map(() => "---:").join(" | ")} |
${rows.join("\n")}`;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {number[]}
 */
function start(program, args) {
  const options = ["--input-type=module", "-e", program, ...args];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: "utf8" });
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(stderr, { cause });
  }
}
