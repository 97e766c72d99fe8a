/**
 * The built-in activations, by serialized name, with the formulas of
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-layers/src/activations.ts. What has no
 * operator in opset 17, or none that the WebGPU provider runs, is composed of operators that it
 * does run.
 */
import type { GraphBuilder } from "../ir/builder.js";
import { axisOf } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { choice } from "./config.js";

type Activation = (g: GraphBuilder, x: Value) => Value;

/** Self-normalising networks (https://arxiv.org/abs/1706.02515), equation 14 and below. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** x Phi(x), Phi the normal distribution function: https://arxiv.org/abs/1606.08415. */
const gelu: Activation = (g, x) => {
  const erf = ops.erf(g, ops.mul(g, x, g.scalar(Math.SQRT1_2)));
  return ops.mul(g, x, ops.mul(g, ops.add(g, erf, g.scalar(1)), g.scalar(0.5)));
};

/** Its approximation x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), section 2 of the same paper. */
const geluNew: Activation = (g, x) => {
  const cube = ops.mul(g, ops.mul(g, x, x), ops.mul(g, x, g.scalar(0.044715)));
  const inner = ops.mul(g, ops.add(g, x, cube), g.scalar(Math.sqrt(2 / Math.PI)));
  const outer = ops.add(g, ops.tanh(g, inner), g.scalar(1));
  return ops.mul(g, ops.mul(g, x, g.scalar(0.5)), outer);
};

/** x - log(sum e^x) along the last axis; ONNX LogSoftmax would run on the CPU under WebGPU. */
const logSoftmax: Activation = (g, x) =>
  ops.sub(g, x, ops.reduceLogSumExp(g, x, { axes: [axisOf(x, -1)], keep: true }));

const ACTIVATIONS = {
  elu: (g, x) => ops.elu(g, x, 1),
  gelu,
  gelu_new: geluNew,
  hardSigmoid: (g, x) => ops.hardSigmoid(g, x, 0.2, 0.5),
  linear: (_, x) => x,
  logSoftmax,
  mish: (g, x) => ops.mul(g, x, ops.tanh(g, ops.softplus(g, x))),
  relu: ops.relu,
  relu6: (g, x) => ops.clip(g, x, 0, 6),
  selu: (g, x) => ops.mul(g, ops.elu(g, x, SELU_ALPHA), g.scalar(SELU_SCALE)),
  sigmoid: ops.sigmoid,
  softmax: (g, x) => ops.softmax(g, x, axisOf(x, -1)),
  softplus: ops.softplus,
  softsign: (g, x) => ops.div(g, x, ops.add(g, ops.abs(g, x), g.scalar(1))),
  swish: (g, x) => ops.mul(g, x, ops.sigmoid(g, x)),
  tanh: ops.tanh,
} satisfies Record<string, Activation>;

/** Activations of each element alone: those that any order of axes leaves the same. */
const ELEMENTWISE = (Object.keys(ACTIVATIONS) as (keyof typeof ACTIVATIONS)[]).filter(
  (name) => name !== "softmax" && name !== "logSoftmax",
);

/** The activation named in the layer's configuration, applied to x in whatever layout it has. */
export function activate(layer: SourceLayer, x: Value, g: GraphBuilder): Value {
  const names = Object.keys(ACTIVATIONS) as (keyof typeof ACTIVATIONS)[];
  return ACTIVATIONS[choice(layer, "activation", names)](g, x);
}

/** The activation under this name in the configuration, where it is one of each element alone. */
export function activateElements(
  layer: SourceLayer,
  attribute: "activation" | "recurrentActivation",
  x: Value,
  g: GraphBuilder,
): Value {
  return ACTIVATIONS[choice(layer, attribute, ELEMENTWISE)](g, x);
}
