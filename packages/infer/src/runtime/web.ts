/** The runtime of browsers, and of every platform that is not Node: onnxruntime-web. */
import { SourceError } from "../errors.js";
import { sharedQueue } from "../queue.js";
import { findAdapter } from "./adapter.js";
import { fetchBytes } from "./fetch-bytes.js";
import { explainMissingFiles } from "./missing-files.js";
import { readPictures } from "./pictures.js";
import { createSession } from "./session.js";
import { watchThreads } from "./thread-start.js";
import type { Runtime } from "./types.js";
import { chooseThreads } from "./wasm-threads.js";
import { importEntry, PACKAGE, providers } from "./web-entry.js";

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
    return providers;
  },

  async open(provider, { threads, automatic, sessionOptions: options, wasmPaths }) {
    const adapter = provider === "webgpu" ? await findAdapter(automatic) : null;
    const ort = await importEntry(provider, wasmPaths);
    // More than one thread needs shared memory; asked without, ONNX Runtime warns and takes one.
    const { crossOriginIsolated } = globalThis as Page;
    chooseThreads(ort, crossOriginIsolated === false ? 1 : threads);
    return {
      version: ort.env.versions.web ?? "unknown",
      adapter,
      queue: sharedQueue(),
      createSession: (model, strict) =>
        watchThreads(() =>
          createSession(ort, model, { provider, strict, options, onGpu: provider === "webgpu" }),
        ).catch(explainMissingFiles),
      lost: () => (provider === "webgpu" ? ort.env.webgpu?.device?.lost : undefined),
      threads: () => (provider === "wasm" ? (ort.env.wasm.numThreads ?? null) : null),
    };
  },
};
