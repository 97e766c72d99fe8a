/** The work that every runtime does, in Node and in a browser alike, through the public package. */
import type { Vae } from "@vaeport/infer";
import { decodeTensor, encodeTensor } from "@vaeport/infer/manifest";
import type { Batch, Outputs } from "./types.js";

/** Runs the three graphs on one batch. */
async function runBatch(vae: Vae, batch: Batch): Promise<Outputs> {
  const x = decodeTensor(batch.x);
  const { label } = batch;
  const posterior = await vae.encode(x, { label });
  const decoded = await vae.decodeParameters(decodeTensor(batch.z), { label });
  const score = await vae.score(x, { label, samples: 0 });
  const record = (tensor: { data: Float32Array; shape: readonly number[] }) =>
    encodeTensor(tensor.data, [...tensor.shape]);
  const column = (data: Float32Array) => encodeTensor(data, [data.length, 1]);
  return {
    mean: record(posterior.mean),
    log_variance: record(posterior.logVariance),
    reconstruction: record(decoded.reconstruction),
    logits: record(decoded.logits),
    distortion: column(score.distortion),
    rate: column(score.rate),
  };
}

/** Runs all batches, one after the other, and disposes of the model. */
export async function runBatches(vae: Vae, batches: readonly Batch[]): Promise<Outputs[]> {
  try {
    const outputs: Outputs[] = [];
    for (const batch of batches) outputs.push(await runBatch(vae, batch));
    return outputs;
  } finally {
    await vae.dispose();
  }
}
