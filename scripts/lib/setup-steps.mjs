/** The set-up steps after the build; they import what was built. */
import { installReferees } from "./referees.mjs";
import { SetupError } from "./steps.mjs";

export const tensorFlowStep = {
  title: "native TensorFlow for tfjs-node",
  run: async () => {
    const { setupTensorFlow } = await import("@vaeport/train/tensorflow");
    return setupTensorFlow({ log: (line) => console.log(`      ${line}`) });
  },
};

export const browserStep = {
  title: "a browser with software WebGPU",
  run: async () => {
    const { provideBrowser } = await import("@vaeport/test/browser");
    return (await provideBrowser()).browser;
  },
};

export const cudaStep = {
  title: "CUDA for onnxruntime-node, where there is an NVIDIA GPU (1.6 GB, once)",
  run: async () => {
    const { hasCudaProvider, hasNvidiaDriver, provideCuda } = await import("@vaeport/test/cuda");
    if (!hasNvidiaDriver()) return "no NVIDIA driver";
    if (hasCudaProvider() || provideCuda() === 0) return;
    throw new SetupError("vaeport-infer setup cuda failed, for the reason above.");
  },
};

export const refereeStep = {
  title: "referees of the tests (Python's onnx and onnxruntime)",
  run: installReferees,
};
