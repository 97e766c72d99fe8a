/** One typed constructor per ONNX operator used: adds a node to a builder, gives its output. */
export {
  abs,
  add,
  clip,
  div,
  elu,
  equal,
  erf,
  exp,
  hardSigmoid,
  leakyRelu,
  less,
  log,
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
export { batchMatMul, gemm, matMul } from "./matrix.js";
export { batchNormalization, layerNormalization, softmax } from "./normalization.js";
export { type RecurrentWeights, recurrent } from "./recurrent.js";
export { reduceLogSumExp, reduceMax, reduceMean, reduceMin, reduceSum } from "./reduction.js";
export {
  cast,
  concat,
  expand,
  foldBatch,
  gather,
  padImage,
  reshape,
  resizeImage,
  reverse,
  slice,
  squeeze,
  transpose,
  unfoldBatch,
  unsqueeze,
} from "./shape.js";
export { averagePool, conv, convTranspose, maxPool } from "./window.js";
