/** Loading: the model's files, then the first execution provider that runs them. */
import { runtime as platformRuntime } from "#runtime";
import { UnsupportedModelError } from "./errors.js";
import { requireWhole } from "./input.js";
import type { VaeManifest } from "./manifest/types.js";
import { openModel, type ProviderOptions } from "./providers.js";
import type { Runtime } from "./runtime/types.js";
import { type ModelSource, readModel } from "./source.js";
import { Vae } from "./vae.js";

export interface LoadOptions extends ProviderOptions {
  /** Another build of ONNX Runtime than the platform's: `wasmRuntime` of `@vaeport/infer/wasm`, or your own. */
  runtime?: Runtime;
}

/**
 * Loads a model from its folder, URL or bytes.
 *
 * Files are held to the sizes and SHA-256 of the manifest. Providers are tried in order, each held to the manifest's
 * stored numbers; `vae.runtime` tells what was tried and what runs. Throws SourceError (cannot be read), ManifestError,
 * ModelFileError (a file that is not the manifest's), UnsupportedModelError, RuntimeMissingError (ONNX Runtime is not
 * installed), UnknownProviderError, ProviderError (none runs the model), InputError (threads).
 */
export async function loadVae(source: ModelSource, options: LoadOptions = {}): Promise<Vae> {
  if (options.threads !== undefined) requireWhole("loadVae: threads", options.threads, 1);
  const runtime = options.runtime ?? platformRuntime;
  const model = await readModel(source, runtime);
  requireSupported(model.manifest);
  const { graphs, report } = await openModel(model, runtime, options);
  return new Vae(model.manifest, report, graphs);
}

function requireSupported({ name, latent, condition }: VaeManifest): void {
  if (latent.posterior === "diagonal" && condition === undefined) return;
  const what = condition === undefined ? "a full-covariance posterior" : "class labels";
  throw new UnsupportedModelError(
    `${name}: the model has ${what}, which this release does not run. Take a newer @vaeport/infer.`,
  );
}
