/** The page that the parity harness drives: takes a request, returns the result. */
import { loadVae } from "@vaeport/infer";
import type { WorkRequest, WorkResult } from "../../src/parity/types.js";
import { runBatches } from "../../src/parity/work.js";

window.runRequest = async (request: WorkRequest): Promise<WorkResult> => {
  const { provider, precision = "float32" } = request;
  const vae = await loadVae(request.model, { provider, precision, strict: true });
  return { provider: vae.runtime.chosen, outputs: await runBatches(vae, request.batches) };
};
