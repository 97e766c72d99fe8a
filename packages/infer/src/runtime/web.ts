/** The runtime of browsers, and of every platform that is not Node: onnxruntime-web. */
import { InferError, SourceError } from "../errors.js";
import { sharedQueue } from "../queue.js";
import { findAdapter } from "./adapter.js";
import { fetchBytes } from "./fetch-bytes.js";
import { readPictures } from "./pictures.js";
import { createSession, importRuntime, type Ort } from "./session.js";
import type { Runtime } from "./types.js";
import { chooseThreads } from "./wasm-threads.js";

const PACKAGE = "onnxruntime-web";

/** The smallest entry with each provider. Static imports would hang threads in production bundles. */
const ENTRIES: Readonly<Record<string, () => Promise<unknown>>> = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
};

/** The globals of a page or worker that this file reads; other platforms may have none. */
interface Page {
  document?: { baseURI: string };
  location?: { href: string };
  crossOriginIsolated?: boolean;
}

export const runtime: Runtime = {
  package: PACKAGE,
  auto: ["webgpu", "wasm"],
  remedies: {
    cpu: "In a browser ONNX Runtime runs on the CPU through WebAssembly: ask for wasm.",
    cuda: "Browsers reach a GPU through WebGPU: ask for webgpu.",
  },
  read: fetchBytes,
  pictures: readPictures,
  openCache: async () => (await import("./cache-storage.js")).openCacheStorage(),

  resolve(source) {
    const { document, location } = globalThis as Page;
    try {
      return new URL(source, document?.baseURI ?? location?.href);
    } catch (cause) {
      throw new SourceError(`${source}: expected a URL.`, { cause });
    }
  },

  async providers() {
    return Object.keys(ENTRIES);
  },

  async open(provider, { threads, automatic, sessionOptions: options, wasmPaths }) {
    const adapter = provider === "webgpu" ? await findAdapter(automatic) : null;
    const ort: Ort = await importRuntime(PACKAGE, ENTRIES[provider]!);
    // More than one thread needs shared memory; asked without, ONNX Runtime warns and takes one.
    const { crossOriginIsolated } = globalThis as Page;
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths ??= wasmPaths;
    chooseThreads(ort, crossOriginIsolated === false ? 1 : threads);
    return {
      version: ort.env.versions.web ?? "unknown",
      adapter,
      queue: sharedQueue(),
      createSession: (model, strict) =>
        createSession(ort, model, { provider, strict, options }).catch(explainMissingFiles),
      lost: () => (provider === "webgpu" ? ort.env.webgpu?.device?.lost : undefined),
      threads: () => (provider === "wasm" ? (ort.env.wasm.numThreads ?? null) : null),
    };
  },
};

/** What ONNX Runtime and browsers say where its own files are not served, or HTML in their place. */
const MISSING_FILES =
  /fetching of the wasm failed|expected magic word|dynamically imported module|module script failed/;

function explainMissingFiles(cause: unknown): never {
  if (!(cause instanceof Error && MISSING_FILES.test(cause.message))) throw cause;
  throw new InferError(
    `${PACKAGE}'s own .wasm and .mjs files are not served: ${cause.message} Serve them from the package's dist ` +
      "folder, pass its URL as `wasmPaths`, and reload the page.",
    { cause },
  );
}
