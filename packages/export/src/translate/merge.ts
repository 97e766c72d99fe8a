/** Layers that join inputs; smaller ranks get axes of size 1 behind the batch, as in tf.js. */
import type { GraphBuilder } from "../ir/builder.js";
import { axisOf } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";
import { number, unsupported } from "./config.js";
import type { Translator } from "./types.js";

type Join = (g: GraphBuilder, values: readonly Value[]) => Value;

/** A merge layer that computes `join` of its aligned inputs. */
const merge =
  (join: Join): Translator =>
  (_, inputs, g) => [join(g, align(inputs, g))];

/** Folds a binary operator from the left, in the order tf.js takes. */
const chain =
  (op: (g: GraphBuilder, a: Value, b: Value) => Value): Join =>
  (g, values) =>
    values.reduce((sum, value) => op(g, sum, value));

const sum = chain(ops.add);

export const add = merge(sum);
export const multiply = merge(chain(ops.mul));
export const maximum = merge(ops.max);
export const minimum = merge(ops.min);
export const average = merge((g, values) =>
  ops.mul(g, sum(g, values), g.scalar(1 / values.length)),
);

export const concatenate: Translator = (layer, inputs, g) => {
  const values = toOneLayout(inputs, g);
  const given = number(layer, "axis");
  if (given < -1) {
    throw unsupported(
      "axis",
      given,
      "-1 or from the front; tf.js takes -1 for any below, against the shape it states",
    );
  }
  const axis = axisOf(values[0] as Value, given);
  if (axis === 0) throw unsupported("axis", 0, "any but the batch");
  return [ops.concat(g, values, axis)];
};

/** The inputs with one rank and one layout. */
function align(inputs: readonly Value[], g: GraphBuilder): Value[] {
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  if (inputs.every((input) => input.shape.length === rank)) return toOneLayout(inputs, g);
  return inputs.map((input) => {
    const x = g.as(input, "source");
    if (x.shape.length === rank) return x;
    const ones = new Array<number>(rank - x.shape.length).fill(1);
    return ops.reshape(g, x, [...x.shape.slice(0, 1), ...ones, ...x.shape.slice(1)]);
  });
}

/** The inputs in the layout of convolutions if one of them has it already, else in the source's. */
function toOneLayout(inputs: readonly Value[], g: GraphBuilder): Value[] {
  const layout = inputs.find((input) => input.layout !== "source")?.layout ?? "source";
  return inputs.map((input) => g.as(input, layout));
}
