/** Loading: the model's files, then the first execution provider that runs them. */
import type { FileCache } from "./file-cache.js";
import { given } from "./input.js";
import { type ModelSource, snapshot } from "./model-source.js";
import type { ProviderOptions } from "./providers.js";
import { unlessAborted } from "./queue.js";
import type { Runtime } from "./runtime/types.js";
import type { Progress } from "./source.js";
import { Vae } from "./vae.js";

/** What a load may be told: where and how hard to look for a provider, and how to get the files. */
export interface LoadOptions extends ProviderOptions {
  /** Another build of ONNX Runtime than the platform's: `wasmRuntime` of `@vaeport/infer/wasm`, or your own. */
  runtime?: Runtime;
  /** Called as the graphs come in from a path or URL; over HTTP, with every piece of them. */
  onProgress?: (progress: Progress) => void;
  /**
   * Keeps the files of URLs for later loads, which then work without the network too: `true` for the platform's own
   * cache (the Cache API in browsers; in Node `models` in the user's cache, which `VAEPORT_CACHE` moves), or your own.
   * False by default.
   */
  cache?: boolean | FileCache;
  /** Milliseconds for which a connection may bring nothing before a file is tried again; 30 000 by default. */
  timeout?: number;
}

/**
 * Loads a model from its folder, URL or bytes.
 *
 * Files are held to the sizes and SHA-256 of the manifest. Providers are tried in order, each held to the manifest's
 * stored numbers; `vae.runtime` tells what was tried and what runs. Throws SourceError (cannot be read), ManifestError,
 * ModelFileError (a file that is not the manifest's), RuntimeMissingError (ONNX Runtime is not installed),
 * UnknownProviderError, ProviderError (none runs the model), InputError (an option), the reason of `signal`.
 */
export async function loadVae(source: ModelSource, options: LoadOptions = {}): Promise<Vae> {
  const { signal, ...lasting } = given("loadVae", options);
  const held = snapshot(source);
  const open = (await import("./open.js")).open;
  const load = (from: ModelSource, signal: AbortSignal | undefined) =>
    unlessAborted(() => open(from, signal ? { ...lasting, signal } : lasting), signal);
  return new Vae(await load(held, signal), (given) => load(source, given));
}
