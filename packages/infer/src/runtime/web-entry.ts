/** onnxruntime-web in a page that a bundler made: a chunk of its own for each provider. */
import { importRuntime, type Ort } from "./session.js";

export const PACKAGE = "onnxruntime-web";

/** The smallest entry with each provider. Static imports would hang threads in production bundles. */
const ENTRIES: Readonly<Record<string, () => Promise<unknown>>> = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
};

export const providers: readonly string[] = Object.keys(ENTRIES);

/** Imports the entry of a provider; `folder` says where its files are, if not where the bundler put them. */
export async function importEntry(provider: string, folder: string | undefined): Promise<Ort> {
  const ort = await importRuntime(PACKAGE, ENTRIES[provider]!);
  if (folder !== undefined) ort.env.wasm.wasmPaths ??= folder;
  return ort;
}
