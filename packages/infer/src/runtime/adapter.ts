/** The WebGPU adapter of a page: whether there is one, and whether it is a real GPU. */
import { InferError } from "../errors.js";
import type { Adapter } from "./types.js";

/** The part of WebGPU in use, https://www.w3.org/TR/webgpu/#gpuadapterinfo. */
interface GpuAdapterInfo {
  vendor: string;
  architecture: string;
  description: string;
  isFallbackAdapter?: boolean;
}

interface GpuNavigator {
  gpu?: {
    requestAdapter(options: {
      powerPreference: "high-performance";
    }): Promise<{ info: GpuAdapterInfo; isFallbackAdapter?: boolean } | null>;
  };
}

/** Names under which software adapters show themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** The adapter ONNX Runtime will use. Throws where there is none, or when `auto` finds a software one. */
export async function findAdapter(automatic: boolean): Promise<Adapter> {
  const { navigator, isSecureContext } = globalThis as {
    navigator?: GpuNavigator;
    isSecureContext?: boolean;
  };
  const gpu = navigator?.gpu;
  if (gpu === undefined) {
    const why =
      isSecureContext === false ? "the page is not served over https" : "it has no WebGPU";
    throw new InferError(`The browser offers no WebGPU: ${why}.`);
  }
  const ask = () => gpu.requestAdapter({ powerPreference: "high-performance" });
  // Chromium answers the first request with null while its GPU process starts.
  const found = (await ask()) ?? (await ask());
  if (found === null) throw new InferError("The browser's WebGPU has no adapter for this machine.");
  const adapter = describe(found.info, found.isFallbackAdapter);
  if (automatic && adapter.software) {
    const name = [adapter.vendor, adapter.architecture, adapter.description].join(" ").trim();
    throw new InferError(
      `The adapter (${name}) is emulated on the CPU, where wasm is faster. Ask for webgpu by name to use it.`,
    );
  }
  return adapter;
}

function describe(info: GpuAdapterInfo, fallback: boolean | undefined): Adapter {
  const { vendor, architecture, description } = info;
  const software =
    (info.isFallbackAdapter ?? fallback) === true ||
    SOFTWARE.test(`${architecture} ${description}`);
  return { vendor, architecture, description, software };
}
