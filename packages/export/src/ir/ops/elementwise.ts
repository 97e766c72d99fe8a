/** Element-wise operators: shape and layout are those of the input, or of the broadcast. */
import type { GraphBuilder } from "../builder.js";
import { type Attributes, type DataType, float, type Value } from "../types.js";
import { broadcast, commonLayout } from "./shapes.js";

type Unary = (g: GraphBuilder, x: Value) => Value;
type Binary = (g: GraphBuilder, a: Value, b: Value) => Value;

function map(g: GraphBuilder, op: string, x: Value, attributes: Attributes = {}): Value {
  return g.node(op, [x], x, attributes);
}

function combine(
  g: GraphBuilder,
  op: string,
  values: readonly Value[],
  dtype: DataType = "float32",
): Value {
  const shape = broadcast(
    op,
    values.map((value) => value.shape),
  );
  return g.node(op, values, { shape, dtype, layout: commonLayout(op, values) });
}

/** |x|: https://onnx.ai/onnx/operators/onnx__Abs.html */
export const abs: Unary = (g, x) => map(g, "Abs", x);

/** Natural logarithm: https://onnx.ai/onnx/operators/onnx__Log.html */
export const log: Unary = (g, x) => map(g, "Log", x);

/** Error function: https://onnx.ai/onnx/operators/onnx__Erf.html */
export const erf: Unary = (g, x) => map(g, "Erf", x);

/** e^x: https://onnx.ai/onnx/operators/onnx__Exp.html */
export const exp: Unary = (g, x) => map(g, "Exp", x);

/** max(x, 0): https://onnx.ai/onnx/operators/onnx__Relu.html */
export const relu: Unary = (g, x) => map(g, "Relu", x);

/** 1 / (1 + e^-x): https://onnx.ai/onnx/operators/onnx__Sigmoid.html */
export const sigmoid: Unary = (g, x) => map(g, "Sigmoid", x);

/** log(1 + e^x): https://onnx.ai/onnx/operators/onnx__Softplus.html */
export const softplus: Unary = (g, x) => map(g, "Softplus", x);

/** Square root: https://onnx.ai/onnx/operators/onnx__Sqrt.html */
export const sqrt: Unary = (g, x) => map(g, "Sqrt", x);

/** Hyperbolic tangent: https://onnx.ai/onnx/operators/onnx__Tanh.html */
export const tanh: Unary = (g, x) => map(g, "Tanh", x);

/** x, or alpha (e^x - 1) below 0: https://onnx.ai/onnx/operators/onnx__Elu.html */
export function elu(g: GraphBuilder, x: Value, alpha: number): Value {
  return map(g, "Elu", x, { alpha: float(alpha) });
}

/** x, or alpha x below 0: https://onnx.ai/onnx/operators/onnx__LeakyRelu.html */
export function leakyRelu(g: GraphBuilder, x: Value, alpha: number): Value {
  return map(g, "LeakyRelu", x, { alpha: float(alpha) });
}

/** x above alpha, else 0: https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html */
export function thresholdedRelu(g: GraphBuilder, x: Value, alpha: number): Value {
  return map(g, "ThresholdedRelu", x, { alpha: float(alpha) });
}

/** alpha x + beta, held in [0, 1]: https://onnx.ai/onnx/operators/onnx__HardSigmoid.html */
export function hardSigmoid(g: GraphBuilder, x: Value, alpha: number, beta: number): Value {
  return map(g, "HardSigmoid", x, { alpha: float(alpha), beta: float(beta) });
}

/** x held in [low, high]: https://onnx.ai/onnx/operators/onnx__Clip.html */
export function clip(g: GraphBuilder, x: Value, low: number, high: number): Value {
  return g.node("Clip", [x, g.scalar(low), g.scalar(high)], x);
}

/** x, or slope x below 0; slope broadcasts to x: https://onnx.ai/onnx/operators/onnx__PRelu.html */
export function prelu(g: GraphBuilder, x: Value, slope: Value): Value {
  return g.node("PRelu", [x, slope], x);
}

/** a + b: https://onnx.ai/onnx/operators/onnx__Add.html */
export const add: Binary = (g, a, b) => combine(g, "Add", [a, b]);

/** a - b: https://onnx.ai/onnx/operators/onnx__Sub.html */
export const sub: Binary = (g, a, b) => combine(g, "Sub", [a, b]);

/** a b: https://onnx.ai/onnx/operators/onnx__Mul.html */
export const mul: Binary = (g, a, b) => combine(g, "Mul", [a, b]);

/** a / b: https://onnx.ai/onnx/operators/onnx__Div.html */
export const div: Binary = (g, a, b) => combine(g, "Div", [a, b]);

/** True where a < b: https://onnx.ai/onnx/operators/onnx__Less.html */
export const less: Binary = (g, a, b) => combine(g, "Less", [a, b], "bool");

/** True where a = b: https://onnx.ai/onnx/operators/onnx__Equal.html */
export const equal: Binary = (g, a, b) => combine(g, "Equal", [a, b], "bool");

/** Largest of all: https://onnx.ai/onnx/operators/onnx__Max.html */
export function max(g: GraphBuilder, values: readonly Value[]): Value {
  return combine(g, "Max", values);
}

/** Smallest of all: https://onnx.ai/onnx/operators/onnx__Min.html */
export function min(g: GraphBuilder, values: readonly Value[]): Value {
  return combine(g, "Min", values);
}
