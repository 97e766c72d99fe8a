/** Reductions: the named axes shrink to 1, or go. */
import type { GraphBuilder } from "../builder.js";
import { type Dim, int, ints, type Value } from "../types.js";
import { axisFromFront } from "./shapes.js";

/** Axes counted from the front; with `keep` they stay, as size 1, and the layout stays too. */
export interface Reduction {
  axes: readonly number[];
  keep: boolean;
}

/** Largest: https://onnx.ai/onnx/operators/onnx__ReduceMax.html */
export function reduceMax(g: GraphBuilder, x: Value, reduction: Reduction): Value {
  return reduce(g, "ReduceMax", x, reduction);
}

/** Smallest: https://onnx.ai/onnx/operators/onnx__ReduceMin.html */
export function reduceMin(g: GraphBuilder, x: Value, reduction: Reduction): Value {
  return reduce(g, "ReduceMin", x, reduction);
}

/** Mean: https://onnx.ai/onnx/operators/onnx__ReduceMean.html */
export function reduceMean(g: GraphBuilder, x: Value, reduction: Reduction): Value {
  return reduce(g, "ReduceMean", x, reduction);
}

/**
 * log of the sum of e^x, safe for large x:
 * https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html
 */
export function reduceLogSumExp(g: GraphBuilder, x: Value, reduction: Reduction): Value {
  return reduce(g, "ReduceLogSumExp", x, reduction);
}

/** Sum: https://onnx.ai/onnx/operators/onnx__ReduceSum.html */
export function reduceSum(g: GraphBuilder, x: Value, reduction: Reduction): Value {
  return reduce(g, "ReduceSum", x, reduction, 13);
}

/** The axes are an attribute before opset `inputSince`, an input from it on. */
function reduce(
  g: GraphBuilder,
  op: string,
  x: Value,
  { axes, keep }: Reduction,
  inputSince = 18,
): Value {
  const output = reduced(op, x, axes, keep);
  const keepdims = int(keep ? 1 : 0);
  return g.opset < inputSince
    ? g.node(op, [x], output, { axes: ints(axes), keepdims })
    : g.node(op, [x, g.ints(axes)], output, { keepdims });
}

function reduced(op: string, x: Value, axes: readonly number[], keep: boolean) {
  const gone = new Set(axes.map((axis) => axisFromFront(op, axis, x.shape.length)));
  const shape = keep
    ? x.shape.map((size, axis): Dim => (gone.has(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !gone.has(axis));
  return { shape, layout: keep ? x.layout : ("source" as const) };
}
