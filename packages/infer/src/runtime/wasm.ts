/** `@vaeport/infer/wasm`: onnxruntime-web's WebAssembly inside Node, for parity with browsers and for tests. */
import { sharedQueue } from "../queue.js";
import { readBytes, resolveSource } from "./files.js";
import { createSession, importRuntime } from "./session.js";
import type { Runtime } from "./types.js";
import { chooseThreads } from "./wasm-threads.js";

const PACKAGE = "onnxruntime-web";

/** Pass it as `options.runtime` of `loadVae`. */
export const wasmRuntime: Runtime = {
  package: PACKAGE,
  auto: ["wasm"],
  remedies: {
    cpu: "onnxruntime-web runs on the CPU through WebAssembly: ask for wasm, or leave options.runtime out.",
    webgpu: "onnxruntime-web has no WebGPU in Node: leave options.runtime out.",
    cuda: "onnxruntime-web has no CUDA: leave options.runtime out.",
  },
  resolve: resolveSource,
  read: readBytes,
  openCache: async () => (await import("./cache-folder.js")).openCacheFolder(),

  async providers() {
    return ["wasm"];
  },

  async open(provider, { threads, sessionOptions: options }) {
    const ort = await importRuntime(PACKAGE, () => import("onnxruntime-web"));
    chooseThreads(ort, threads);
    return {
      version: ort.env.versions.web ?? "unknown",
      adapter: null,
      queue: sharedQueue(),
      createSession: (model, strict) => createSession(ort, model, { provider, strict, options }),
      threads: () => ort.env.wasm.numThreads ?? null,
    };
  },
};
