/** Operators that move elements and compute nothing, and resampling. */
import type { GraphBuilder } from "../builder.js";
import { permuteList, reshapeTarget } from "../layout.js";
import { type Dim, int, ints, string, type Value } from "../types.js";
import {
  axisFromFront,
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
  if (x.shape[0] !== shape[0] || itemSize(x.shape) !== itemSize(shape)) {
    throw misfit("Reshape", `${show(x.shape)} does not have the elements of ${show(shape)}`);
  }
  return g.node("Reshape", [x, g.ints(reshapeTarget(shape))], { shape });
}

/** Axis `permutation[i]` of x as axis i: https://onnx.ai/onnx/operators/onnx__Transpose.html */
export function transpose(g: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  if (x.layout !== "source") throw misfit("Transpose", "needs its input in the source layout");
  const shape = permuteList(x.shape, permutation);
  return g.node("Transpose", [x], { shape }, { perm: ints(permutation) });
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
  const total = values.reduce((sum, value) => sum + known("Concat", value, front), 0);
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

function itemSize(shape: readonly Dim[]): number {
  return shape.slice(1).reduce((product: number, size) => product * Number(size), 1);
}
