/** Rounds of load, decode, dispose in Node; prints the process's memory after each. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { loadVae } from "@vaeport/infer";
import { seededNormal } from "@vaeport/infer/random";

/** @type {import("./node.mjs").SoakRequest & { provider: string }} */
const { model, provider, who, rounds, decodes } = JSON.parse(
  /** @type {string} */ (process.argv[2]),
);

const LATENT = 20;

async function ours() {
  const vae = await loadVae(model, { provider, threads: 1 });
  for (let i = 0; i < decodes; i++) await vae.decode(seededNormal(i, LATENT));
  await vae.dispose();
}

async function alone() {
  const load = createRequire(import.meta.resolve("@vaeport/infer"));
  const ort = load("onnxruntime-node");
  const options = { executionProviders: [provider], intraOpNumThreads: 1 };
  const sessions = [];
  for (const name of ["encoder", "decoder", "score"]) {
    const bytes = await readFile(join(model, `${name}.onnx`));
    sessions.push(await ort.InferenceSession.create(bytes, options));
  }
  const decoder = sessions[1];
  for (let i = 0; i < decodes; i++) {
    await decoder.run({ z: new ort.Tensor("float32", seededNormal(i, LATENT), [1, LATENT]) });
  }
  for (const session of sessions) await session.release();
}

/** What all processes hold on the GPU. */
function gpuMemory() {
  const query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
  return Number.parseInt(execFileSync("nvidia-smi", query, { encoding: "utf8" }), 10) * 2 ** 20;
}

for (let round = 0; round < rounds; round++) {
  await { ours, alone }[who]();
  globalThis.gc?.();
  const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
  // V8 makes its heap larger in steps, however much of it is in use.
  const native = rss - heapTotal - arrayBuffers;
  const memory = { "JavaScript heap": heapUsed, "native (RSS without V8's)": native };
  console.log(JSON.stringify(provider === "cuda" ? { ...memory, GPU: gpuMemory() } : memory));
}
