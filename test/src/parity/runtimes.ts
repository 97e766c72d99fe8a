/** The runtimes that are held to the same numbers, and how each is run. */
import { findBrowser, findSwiftShader, hasVulkanLoader } from "../browser/find.js";
import { hasCudaProvider, hasNvidiaDriver } from "../cuda/index.js";
import { startBrowserRuntime } from "./browser-runtime.js";
import { runInNode } from "./child-process.js";
import type { WorkRequest, WorkResult } from "./types.js";

/** One runtime and provider. */
export interface RuntimeCase {
  /** As the table shows it. */
  name: string;
  provider: string;
  run(request: Pick<WorkRequest, "model" | "precision" | "batches">): Promise<WorkResult>;
}

/** What this machine can run; `close` ends the browser. */
export interface Machine {
  runtimes: RuntimeCase[];
  missing: { runtime: string; reason: string }[];
  close(): Promise<void>;
}

const NODE_CPU: RuntimeCase = {
  name: "onnxruntime-node cpu",
  provider: "cpu",
  run: (request) => runInNode({ ...request, provider: "cpu" }),
};

const NODE_CUDA: RuntimeCase = {
  name: "onnxruntime-node cuda",
  provider: "cuda",
  run: (request) => runInNode({ ...request, provider: "cuda" }),
};

const NODE_WASM: RuntimeCase = {
  name: "onnxruntime-web wasm in Node",
  provider: "wasm",
  run: (request) => runInNode({ ...request, provider: "wasm", runtime: "web" }),
};

/** WebGPU on SwiftShader, or on the machine's own adapter with `VAEPORT_GPU=1`. */
function nodeWebGpu(swiftShader: string | undefined): RuntimeCase {
  const environment = swiftShader ? { VK_ICD_FILENAMES: swiftShader } : {};
  return {
    name: "onnxruntime-node webgpu",
    provider: "webgpu",
    run: (request) => runInNode({ ...request, provider: "webgpu" }, environment),
  };
}

const BROWSER_PROVIDERS = ["wasm", "webgpu"] as const;
const inBrowser = (provider: string) => `onnxruntime-web ${provider} in Chromium`;

/** Looks at the machine and starts its browser. */
export async function availableRuntimes(): Promise<Machine> {
  const machine: Machine = { runtimes: [NODE_CPU, NODE_WASM], missing: [], close: async () => {} };
  const executable = findBrowser();
  addCuda(machine);
  addNodeWebGpu(machine, executable);
  if (executable) {
    const browser = await startBrowserRuntime(executable);
    machine.close = () => browser.close();
    for (const provider of BROWSER_PROVIDERS) {
      const run: RuntimeCase["run"] = (request) => browser.run({ ...request, provider });
      machine.runtimes.push({ name: inBrowser(provider), provider, run });
    }
  } else {
    for (const provider of BROWSER_PROVIDERS) {
      machine.missing.push({ runtime: inBrowser(provider), reason: "no Chromium, Chrome or Edge" });
    }
  }
  return machine;
}

function addCuda(machine: Machine): void {
  const reason = !hasNvidiaDriver()
    ? "no NVIDIA driver (libcuda.so.1)"
    : !hasCudaProvider()
      ? "no CUDA provider (vaeport-infer setup cuda fetches it)"
      : undefined;
  if (reason) machine.missing.push({ runtime: NODE_CUDA.name, reason });
  else machine.runtimes.push(NODE_CUDA);
}

function addNodeWebGpu(machine: Machine, browser: string | undefined): void {
  if (process.env.VAEPORT_GPU === "1") {
    machine.runtimes.push(nodeWebGpu(undefined));
    return;
  }
  const swiftShader = browser && findSwiftShader(browser);
  const reason = !swiftShader
    ? "no SwiftShader, which comes with Chromium"
    : !hasVulkanLoader()
      ? "no Vulkan loader (libvulkan.so.1)"
      : undefined;
  if (reason) machine.missing.push({ runtime: nodeWebGpu(undefined).name, reason });
  else machine.runtimes.push(nodeWebGpu(swiftShader));
}
