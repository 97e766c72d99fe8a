/** The shipped models: loading one into the web worker, and holding it to the numbers stored in its manifest. */
import { type LoadOptions, loadVae, type Tensor, type Vae } from "@vaeport/infer";
import { decodeTensor } from "@vaeport/infer/manifest";
import { workerRuntime } from "@vaeport/infer/worker";

const worker = new Worker(new URL("./vae-worker.ts", import.meta.url), { type: "module" });
const runtime = workerRuntime(worker);

/** Loads a model of @vaeport/models by its name; its files are kept for the next visit. */
export function openModel(
  name: string,
  options: Pick<LoadOptions, "provider" | "precision" | "onProgress" | "signal">,
): Promise<Vae> {
  return loadVae(`${name}/`, { ...options, runtime, cache: true });
}

/** The held-out item that a manifest stores, [1, ...data.shape]. */
export function storedItem({ manifest }: Vae): Tensor {
  return decodeTensor(manifest.check.input);
}

/** The largest difference of a picture's values to those that were stored when the model was exported. */
export async function measureParity(vae: Vae): Promise<number> {
  const { check } = vae.manifest;
  const stored = Object.fromEntries(
    Object.entries(check.outputs).map(([name, record]) => [name, decodeTensor(record)]),
  );
  const posterior = { mean: stored.mean!, logVariance: stored.log_variance! };
  const z = vae.sampleLatent(posterior, { seed: check.seed });
  const { data } = await vae.decode(z, { label: check.label });
  return data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - stored.reconstruction!.data[i]!)),
    0,
  );
}

/** KL(q(z_i | x) || N(0, 1)) of each latent in nats: (mean^2 + variance - 1 - log variance) / 2. */
export function ratePerLatent(mean: Float32Array, logVariance: Float32Array): Float32Array {
  return mean.map((m, i) => (m * m + Math.exp(logVariance[i]!) - 1 - logVariance[i]!) / 2);
}
