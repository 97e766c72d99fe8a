/** Operators that move elements and compute nothing, and resampling. */
import type { GraphBuilder } from "../builder.js";
import { permuteList, reshapeTarget } from "../layout.js";
import { type DataType, type Dim, int, ints, string, type Value } from "../types.js";
import { PROTO_TYPES } from "./proto-types.js";
import {
  axisFromFront,
  broadcast,
  commonLayout,
  known,
  misfit,
  needRank,
  type Pads,
  type Pair,
  show,
} from "./shapes.js";

/**
 * The same elements in another shape, the batch first in both:
 * https://onnx.ai/onnx/operators/onnx__Reshape.html
 */
export function reshape(g: GraphBuilder, x: Value, shape: readonly Dim[]): Value {
  if (x.layout !== "source") throw misfit("Reshape", "needs its input in the source layout");
  if (x.shape[0] !== shape[0] || !sameElements(x.shape, shape)) {
    throw misfit("Reshape", `${show(x.shape)} does not have the elements of ${show(shape)}`);
  }
  return g.node("Reshape", [x, g.ints(reshapeTarget(shape, x.shape))], { dtype: x.dtype, shape });
}

/**
 * Axis `permutation[i]` of x, as x is laid out, as axis i of a value in the source layout:
 * https://onnx.ai/onnx/operators/onnx__Transpose.html
 */
export function transpose(g: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  const output = { dtype: x.dtype, shape: permuteList(x.shape, permutation) };
  if (permutation.every((from, to) => from === to)) return g.node("Identity", [x], output);
  return g.node("Transpose", [x], output, { perm: ints(permutation) });
}

/** [N, T, ...] -> [N T, ...]: https://onnx.ai/onnx/operators/onnx__Reshape.html */
export function foldBatch(g: GraphBuilder, x: Value): Value {
  if (x.layout !== "source") throw misfit("Reshape", "needs its input in the source layout");
  const shape = [`${x.shape[0]}*${known("Reshape", x, 1)}`, ...x.shape.slice(2)];
  const target = g.ints(reshapeTarget(shape, x.shape));
  return g.node("Reshape", [x, target], { dtype: x.dtype, shape });
}

/** [N T, ...] -> [N, T, ...], N and T given: https://onnx.ai/onnx/operators/onnx__Reshape.html */
export function unfoldBatch(g: GraphBuilder, x: Value, batch: Dim, steps: number): Value {
  if (x.layout !== "source") throw misfit("Reshape", "needs its input in the source layout");
  const shape = [batch, steps, ...x.shape.slice(1)];
  const target = g.ints(reshapeTarget(shape, x.shape));
  return g.node("Reshape", [x, target], { dtype: x.dtype, shape });
}

/** Without an axis of size 1: https://onnx.ai/onnx/operators/onnx__Squeeze.html */
export function squeeze(g: GraphBuilder, x: Value, axis: number): Value {
  if (x.shape[axis] !== 1) throw misfit("Squeeze", `axis ${axis} of ${show(x.shape)} is not 1`);
  const shape = x.shape.filter((_, index) => index !== axis);
  return g.node("Squeeze", [x, g.ints([axis])], { dtype: x.dtype, shape });
}

/** With an axis of size 1: https://onnx.ai/onnx/operators/onnx__Unsqueeze.html */
export function unsqueeze(g: GraphBuilder, x: Value, axis: number): Value {
  const shape = x.shape.toSpliced(axis, 0, 1);
  return g.node("Unsqueeze", [x, g.ints([axis])], { dtype: x.dtype, shape });
}

/**
 * x repeated along its axes of size 1 until it has this shape, whose first size is that of x:
 * https://onnx.ai/onnx/operators/onnx__Expand.html
 */
export function expand(g: GraphBuilder, x: Value, shape: readonly Dim[]): Value {
  if (broadcast("Expand", [x.shape, shape]).some((size, axis) => size !== shape[axis])) {
    throw misfit("Expand", `${show(x.shape)} does not expand to ${show(shape)}`);
  }
  const target = shape.map((size, axis) => (size === x.shape[axis] ? 1 : Number(size)));
  return g.node("Expand", [x, g.ints(target)], { ...x, shape });
}

/** Rows of table [K, ...] by index: https://onnx.ai/onnx/operators/onnx__Gather.html */
export function gather(g: GraphBuilder, table: Value, indices: Value): Value {
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return g.node("Gather", [table, indices], { dtype: table.dtype, shape }, { axis: int(0) });
}

/** The same numbers in another type: https://onnx.ai/onnx/operators/onnx__Cast.html */
export function cast(g: GraphBuilder, x: Value, dtype: DataType): Value {
  if (x.dtype === dtype) return x;
  return g.node("Cast", [x], { ...x, dtype }, { to: int(PROTO_TYPES[dtype]) });
}

/** Cells `from` to `to` of each listed axis: https://onnx.ai/onnx/operators/onnx__Slice.html */
export function slice(
  g: GraphBuilder,
  x: Value,
  ranges: readonly { axis: number; from: number; to: number }[],
): Value {
  const shape = [...x.shape];
  for (const { axis, from, to } of ranges) {
    if (from < 0 || to > known("Slice", x, axis) || to <= from) {
      throw misfit("Slice", `${from} to ${to} is not inside axis ${axis} of ${show(x.shape)}`);
    }
    shape[axis] = to - from;
  }
  const list = (key: "axis" | "from" | "to") => g.ints(ranges.map((range) => range[key]));
  return g.node("Slice", [x, list("from"), list("to"), list("axis")], { ...x, shape });
}

/** Before the first element of any axis, however long. */
const BEFORE_START = -(2 ** 31);

/** An axis from its end to its start: https://onnx.ai/onnx/operators/onnx__Slice.html */
export function reverse(g: GraphBuilder, x: Value, axis: number): Value {
  const size = x.shape[axis];
  const [from, to] = typeof size === "number" ? [size - 1, -size - 1] : [-1, BEFORE_START];
  const [starts, ends, axes, steps] = [from, to, axis, -1].map((number) => g.ints([number]));
  return g.node("Slice", [x, starts, ends, axes, steps] as Value[], x);
}

/** Values one behind the other along an axis: https://onnx.ai/onnx/operators/onnx__Concat.html */
export function concat(g: GraphBuilder, values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (first === undefined) throw misfit("Concat", "needs at least one input");
  const front = axisFromFront("Concat", axis, first.shape.length);
  for (const { shape } of values) {
    if (shape.some((size, index) => index !== front && size !== first.shape[index])) {
      throw misfit("Concat", `${show(first.shape)} and ${show(shape)} differ beside axis ${front}`);
    }
  }
  const total = sum(values.map(({ shape }) => shape[front] as Dim));
  const shape = first.shape.map((size, index) => (index === front ? total : size));
  const layout = commonLayout("Concat", values);
  return g.node("Concat", values, { shape, layout }, { axis: int(front) });
}

/**
 * Zeros around the rows and columns of x [N, C, H, W]:
 * https://onnx.ai/onnx/operators/onnx__Pad.html
 *
 * The value is -0: ONNX Runtime (1.30, `PadFusion`) merges a Pad whose value has no bit set into a
 * pooling behind it, which pads with -infinity or not at all, and so gives other numbers.
 */
export function padImage(g: GraphBuilder, x: Value, [top, left, bottom, right]: Pads): Value {
  needRank("Pad", x, 4);
  const height = known("Pad", x, 2) + top + bottom;
  const width = known("Pad", x, 3) + left + right;
  const shape = [...x.shape.slice(0, 2), height, width];
  const pads = g.ints([0, 0, top, left, 0, 0, bottom, right]);
  const attributes = { mode: string("constant") };
  return g.node("Pad", [x, pads, g.scalar(-0)], { shape, layout: x.layout }, attributes);
}

/**
 * x [N, C, H, W] with rows and columns made `scales` times as many, pixel i taken from i / scale:
 * https://onnx.ai/onnx/operators/onnx__Resize.html
 */
export function resizeImage(
  g: GraphBuilder,
  x: Value,
  scales: Pair,
  mode: "nearest" | "linear",
): Value {
  needRank("Resize", x, 4);
  const height = known("Resize", x, 2) * scales[0];
  const width = known("Resize", x, 3) * scales[1];
  const factors = g.constant("scales", Float32Array.of(1, 1, ...scales), [4]);
  const attributes = {
    mode: string(mode),
    coordinate_transformation_mode: string("asymmetric"),
    ...(mode === "nearest" ? { nearest_mode: string("floor") } : {}),
  };
  const shape = [...x.shape.slice(0, 2), height, width];
  return g.node("Resize", [x, null, factors], { shape, layout: x.layout }, attributes);
}

/** 5 of 2 and 3; "T+3" of "T" and 3. */
function sum(sizes: readonly Dim[]): Dim {
  const known = sizes.every((size) => typeof size === "number");
  return known ? sizes.reduce((total, size) => total + size, 0) : sizes.join("+");
}

/** True where known sizes have one product, and open ones are the same. */
function sameElements(a: readonly Dim[], b: readonly Dim[]): boolean {
  const [left, right] = [a, b].map((shape) => {
    const open = shape.filter((size) => typeof size === "string").sort();
    const known = shape.filter((size) => typeof size === "number");
    return [...open, known.reduce((product, size) => product * size, 1)].join();
  });
  return left === right;
}
