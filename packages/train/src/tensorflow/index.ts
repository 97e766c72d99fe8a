/** Native TensorFlow for tfjs-node: provision it, load it, say clearly what is wrong. */
export { TensorFlowError } from "./errors.js";
export { loadTensorFlow, type TensorFlow } from "./load.js";
export { type SetupOptions, setupTensorFlow } from "./setup.js";
