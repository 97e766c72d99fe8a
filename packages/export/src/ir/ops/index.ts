/** One typed constructor per ONNX operator used: adds a node to a builder, gives its output. */
export {
  abs,
  add,
  clip,
  div,
  elu,
  erf,
  exp,
  hardSigmoid,
  leakyRelu,
  max,
  min,
  mul,
  prelu,
  relu,
  sigmoid,
  softplus,
  sqrt,
  sub,
  tanh,
  thresholdedRelu,
} from "./elementwise.js";
export { gemm, matMul } from "./matrix.js";
export { batchNormalization, layerNormalization, softmax } from "./normalization.js";
export { reduceLogSumExp, reduceMax, reduceMean, reduceSum } from "./reduction.js";
export { concat, padImage, reshape, resizeImage, transpose } from "./shape.js";
export { averagePool, conv, convTranspose, maxPool } from "./window.js";
