/** The set-up steps after the build; they import what was built. */
import { installReferees } from "./referees.mjs";

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

export const refereeStep = {
  title: "referees of the tests (Python's onnx and onnxruntime)",
  run: installReferees,
};
