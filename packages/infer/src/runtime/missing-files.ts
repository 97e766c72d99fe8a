/** onnxruntime-web's own files, where a server does not have them. */
import { InferError } from "../errors.js";

/** What ONNX Runtime and browsers say where the files are not served, or HTML in their place. */
const MISSING_FILES =
  /fetching of the wasm failed|expected magic word|dynamically imported module|module script failed/i;

/** Throws what was caught; where files are missing, as an InferError that names the remedy. */
export function explainMissingFiles(cause: unknown): never {
  if (!(cause instanceof Error && MISSING_FILES.test(cause.message))) throw cause;
  throw new InferError(
    `onnxruntime-web's own .wasm and .mjs files are not served: ${cause.message} Serve them from the package's dist ` +
      "folder, pass its URL as `wasmPaths`, and reload the page.",
    { cause },
  );
}
