/** "tf.function for tf.js": ordinary tf.js functions, captured once and run as one TensorFlow graph. */
export {
  CaptureError,
  DisposedError,
  GraphError,
  InputError,
  NativeGraphError,
  StateError,
} from "./errors.js";
export type { TypedArray } from "./native.js";
export { type AttributeValue, execute } from "./operators/execute.js";
export { gatherRows } from "./operators/gather-rows.js";
export {
  dropout,
  dropoutLayer,
  gaussianNoiseLayer,
  type NoiseLayerOptions,
} from "./operators/noise-layers.js";
export {
  type RandomStream,
  randomStream,
  standardNormal,
  standardUniform,
} from "./operators/random.js";
export { type AdamOptions, type AdamWOptions, adam, adamW } from "./optimizers/adam.js";
export type { FusedOptimizer, LearningRate } from "./optimizers/optimizer.js";
export { type SgdOptions, sgd } from "./optimizers/sgd.js";
export type {
  CapturedFunction,
  Inputs,
  Repeated,
  Stacked,
  TrainFunction,
} from "./program/function.js";
export { type CaptureOptions, Program, type TrainOptions } from "./program/program.js";
export type { Input } from "./program/specialise.js";
export type { Outputs, Values } from "./program/structure.js";
export type { PlainState, RemoteSetup, RemoteValues, SetUp } from "./worker/protocol.js";
export { RemoteProgram } from "./worker/remote-program.js";
