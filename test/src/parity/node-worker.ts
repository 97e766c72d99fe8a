/** A child process: reads a request from the file named first, writes the result to the second. */
import { readFile, writeFile } from "node:fs/promises";
import { loadVae } from "@vaeport/infer";
import { wasmRuntime } from "@vaeport/infer/wasm";
import type { WorkRequest, WorkResult } from "./types.js";
import { runBatches } from "./work.js";

const [requestFile, resultFile] = process.argv.slice(2) as [string, string];
const request = JSON.parse(await readFile(requestFile, "utf8")) as WorkRequest;
const vae = await loadVae(request.model, {
  provider: request.provider,
  strict: true,
  ...(request.precision ? { precision: request.precision } : {}),
  ...(request.runtime === "web" ? { runtime: wasmRuntime } : {}),
});
const result: WorkResult = {
  provider: vae.runtime.chosen,
  outputs: await runBatches(vae, request.batches),
};
await writeFile(resultFile, JSON.stringify(result));
