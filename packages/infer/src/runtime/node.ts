/** The runtime of Node: onnxruntime-node. */
import { access } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { InferError, RuntimeMissingError } from "../errors.js";
import { requireWhole } from "../input.js";
import { createQueue, sharedQueue } from "../queue.js";
import { forbidTensorFloat32, loadCudaLibraries } from "./cuda.js";
import { readBytes, resolveSource } from "./files.js";
import { createSession, type Ort } from "./session.js";
import type { Runtime } from "./types.js";

const PACKAGE = "onnxruntime-node";

/** More would gain nothing, since each keeps a processor busy; far more would end the process for want of memory. */
const WORKERS_OF_A_PROCESSOR = 16;

interface OrtNode extends Ort {
  listSupportedBackends(): readonly { readonly name: string }[];
}

/** Inside `try`, so that bundlers of servers (Next.js for one) take its absence for a warning and not for an error. */
async function load(): Promise<OrtNode> {
  try {
    return (await import("onnxruntime-node")) as unknown as OrtNode;
  } catch (cause) {
    throw new RuntimeMissingError(PACKAGE, cause);
  }
}

export const runtime: Runtime = {
  package: PACKAGE,
  auto: ["cuda", "cpu"],
  remedies: {
    wasm: 'In Node, import { wasmRuntime } from "@vaeport/infer/wasm" and pass it as options.runtime.',
  },
  resolve: resolveSource,
  read: readBytes,
  openCache: async () => (await import("./cache-folder.js")).openCacheFolder(),
  workers: true,

  async providers() {
    return (await load()).listSupportedBackends().map(({ name }) => name);
  },

  async open(provider, { threads, workers, sessionOptions: options }) {
    const ort = await load();
    if (workers !== undefined) {
      requireWhole("loadVae: workers", workers, 1, WORKERS_OF_A_PROCESSOR * availableParallelism());
      if (provider !== "cpu") throw new InferError("Worker threads run the cpu provider only.");
    }
    if (provider === "cuda" || provider === "tensorrt") {
      await requireLibrary(provider);
      forbidTensorFloat32();
      loadCudaLibraries(libraryFolder());
    }
    const version = ort.env.versions.node ?? "unknown";
    const inUse = options?.intraOpNumThreads ?? threads ?? null;
    if (workers !== undefined) {
      const { openPool } = await import("./pool.js");
      return openPool({ version, workers, threads: inUse ?? 1, options });
    }
    return {
      version,
      adapter: null,
      ...(provider !== "cpu" && { adapterReason: "onnxruntime-node does not tell its GPU." }),
      // Two WebGPU runs at once end the process; the others need no more than order within a model.
      queue: provider === "webgpu" ? sharedQueue() : createQueue(),
      createSession: (model, strict) =>
        createSession(ort, model, { provider, strict, threads, options }),
      threads: () => (provider === "cpu" ? inUse : null),
    };
  },
};

/** Where onnxruntime-node's native libraries lie; throws when the package is not installed. */
export function libraryFolder(): URL {
  const folder = `../bin/napi-v6/${process.platform}/${process.arch}/`;
  return new URL(folder, import.meta.resolve(PACKAGE));
}

/** One of those libraries. */
export function libraryFile(stem: string): URL {
  const name = process.platform === "win32" ? `${stem}.dll` : `lib${stem}.so`;
  return new URL(name, libraryFolder());
}

/** Looks for a provider's library first, since native code prints to stderr when it is not there. */
async function requireLibrary(provider: string): Promise<void> {
  const file = libraryFile(`onnxruntime_providers_${provider}`);
  try {
    await access(file);
  } catch (cause) {
    const command = "npx -p @vaeport/infer vaeport-infer";
    throw new InferError(
      `${fileURLToPath(file)} is missing. \`${command} setup cuda\` fetches CUDA's; \`${command} doctor ${provider}\` says what else a machine lacks.`,
      { cause },
    );
  }
}
