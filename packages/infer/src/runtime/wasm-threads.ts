/** The thread count of onnxruntime-web's WebAssembly. */
import type { Ort } from "./session.js";

/**
 * Asks for a number of threads. WebAssembly starts once a page: a count that stands already, set by an earlier
 * load or by the application, is left alone, since changing it would do nothing but misreport.
 */
export function chooseThreads(ort: Ort, threads: number | undefined): void {
  if (threads !== undefined) ort.env.wasm.numThreads ??= threads;
}
