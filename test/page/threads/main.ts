/** An app whose bundle shares helpers with ONNX Runtime's, so that threads load the app, which needs a document. */
import { type LoadOptions, loadVae } from "@vaeport/infer";
import { tag } from "./common.cjs";

document.title = tag;

/** The threads with which the model runs. */
async function load(options: LoadOptions): Promise<number | null> {
  await using vae = await loadVae("/model/", { provider: "wasm", ...options });
  return vae.runtime.threads;
}

const app = { load };

declare global {
  interface Window {
    app: typeof app;
  }
}

window.app = app;
