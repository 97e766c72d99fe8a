/** Dot: products of two inputs, item by item, along one axis of each. */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";
import { flag, unsupported, wholeNumbers } from "./config.js";
import type { Translator } from "./types.js";

/** What tf.js holds the squared length of a vector above when it normalises: `epsilon()`. */
const EPSILON = 1e-7;

/**
 * The sum over axis `axes[0]` of x times axis `axes[1]` of y, other axes kept, those of x first: x
 * and y have one or two axes beside the batch. https://js.tensorflow.org/api/4.22.0/#layers.dot
 */
export const dot: Translator = (layer, inputs, g) => {
  const [x, y] = inputs.map((input) => g.as(input, "source"));
  const axes = wholeNumbers(layer, "axes");
  if (x === undefined || y === undefined || inputs.length !== 2 || axes.length > 2) {
    throw unsupported("axes", layer.config.axes, "one or two, of two inputs");
  }
  const [first = 0, second = first] = axes;
  const sides = [
    { value: x, axis: fromFront(first, x) },
    { value: y, axis: fromFront(second, y) },
  ] as const;
  if (sides.some(({ axis }) => axis === 0)) throw unsupported("axes", axes, "any but the batch");
  const [a, b] = sides.map(({ value, axis }) => {
    const vectors = flag(layer, "normalize") ? normalize(value, axis, g) : value;
    return summedLast(vectors, axis, g);
  });
  const product = ops.batchMatMul(g, a as Value, ops.transpose(g, b as Value, [0, 2, 1]));
  const kept = sides.flatMap(({ value, axis }) =>
    value.shape.slice(1).filter((_, index) => index + 1 !== axis),
  );
  return [ops.reshape(g, product, [x.shape[0] ?? 1, ...(kept.length === 0 ? [1] : kept)])];
};

function fromFront(axis: number, { shape }: Value): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** x / sqrt(max(sum x^2, epsilon)) along an axis. */
function normalize(x: Value, axis: number, g: GraphBuilder): Value {
  const squares = ops.reduceSum(g, ops.mul(g, x, x), { axes: [axis], keep: true });
  return ops.div(g, x, ops.sqrt(g, ops.max(g, [squares, g.scalar(EPSILON)])));
}

/** As [N, kept, summed]; a vector has one row. */
function summedLast(x: Value, axis: number, g: GraphBuilder): Value {
  const [batch = 1, size = 1] = x.shape;
  if (x.shape.length === 2) return ops.reshape(g, x, [batch, 1, size]);
  return axis === 2 ? x : ops.transpose(g, x, [0, 2, 1]);
}
