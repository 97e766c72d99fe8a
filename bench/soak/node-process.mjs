/** Rounds of load, decode, dispose in Node; prints the process's memory after each. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { loadVae } from "@vaeport/infer";
import { seededNormal } from "@vaeport/infer/random";

/** @type {import("./node.mjs").SoakRequest} */
const { model, who, rounds, decodes } = JSON.parse(/** @type {string} */ (process.argv[2]));

const LATENT = 20;

async function ours() {
  const vae = await loadVae(model, { provider: "cpu", threads: 1 });
  for (let i = 0; i < decodes; i++) await vae.decode(seededNormal(i, LATENT));
  await vae.dispose();
}

async function alone() {
  const load = createRequire(import.meta.resolve("@vaeport/infer"));
  const ort = load("onnxruntime-node");
  const options = { executionProviders: ["cpu"], intraOpNumThreads: 1 };
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

for (let round = 0; round < rounds; round++) {
  await { ours, alone }[who]();
  globalThis.gc?.();
  const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
  // V8 makes its heap larger in steps, however much of it is in use.
  const native = rss - heapTotal - arrayBuffers;
  console.log(JSON.stringify({ "JavaScript heap": heapUsed, "native (RSS without V8's)": native }));
}
