/** onnxruntime-web in a page without a bundler, in place of `runtime/web-entry.ts`: modules by their address. */
import { explainMissingFiles } from "../runtime/missing-files.js";
import type { Ort } from "../runtime/session.js";

export const PACKAGE = "onnxruntime-web";

/** The smallest module with each provider; it finds its .wasm file beside itself. */
const MODULES: Readonly<Record<string, string>> = {
  wasm: "ort.wasm.bundle.min.mjs",
  webgpu: "ort.webgpu.bundle.min.mjs",
};

export const providers: readonly string[] = Object.keys(MODULES);

/** Imports the module of a provider out of `folder`, by default the one that this file is served from. */
export async function importEntry(
  provider: string,
  folder: string = new URL("./", import.meta.url).href,
): Promise<Ort> {
  const address = folder + MODULES[provider];
  return (await import(/* @vite-ignore */ address).catch(explainMissingFiles)) as Ort;
}
