/** What the graphs need of a likelihood p(x | z), and the same in float64 as reference. */
import type { DataSection, LikelihoodSection } from "@vaeport/infer/manifest";
import type { GraphBuilder } from "../../ir/builder.js";
import * as ops from "../../ir/ops/index.js";
import type { Value } from "../../ir/types.js";

/** What a likelihood knows of a model: its constants, and the data's shape and range. */
export interface LikelihoodContext {
  parameters: LikelihoodSection["parameters"];
  data: Pick<DataSection, "shape" | "range">;
}

/** The decoder's outputs by name, each [N, ...item]: `reconstruction`, and the natural parameters. */
export type Named<T> = Readonly<Record<string, T>>;

/** An output of the decoder model: a value for each of the item's, or one for the whole item, [N, 1, …]. */
export type HeadSize = "value" | "item";

export interface Likelihood {
  /** Names of the constants that a model may fix. */
  constants: readonly string[];
  /** The decoder model's outputs, in order. */
  heads(context: LikelihoodContext): readonly HeadSize[];
  /** The decoder graph's outputs out of the decoder model's. */
  outputs(g: GraphBuilder, heads: readonly Value[], context: LikelihoodContext): Named<Value>;
  /** Those of the decoder graph's outputs that the distortion is computed from. */
  scored(context: LikelihoodContext): readonly string[];
  /** -log p(x | z) per value of each item in nats, normalising constant included: [N, ...item]. */
  terms(g: GraphBuilder, x: Value, scored: Named<Value>, context: LikelihoodContext): Value;
  /** `outputs` in float64, value by value; a head of one value an item comes repeated. */
  referenceOutputs(heads: readonly number[], context: LikelihoodContext): Record<string, number>;
  /** `terms` of one value in float64. */
  referenceTerm(x: number, outputs: Named<number>, context: LikelihoodContext): number;
}

/** [N, ...item] -> [N, 1]: the sum over an item's values. */
export function sumItems(g: GraphBuilder, terms: Value): Value {
  const size = terms.shape.slice(1).reduce((product: number, next) => product * Number(next), 1);
  const flat = ops.reshape(g, terms, [...terms.shape.slice(0, 1), size]);
  return ops.reduceSum(g, flat, { axes: [1], keep: true });
}

/** floor + log(1 + e^(x - floor)). */
export function softFloor(g: GraphBuilder, x: Value, floor: number): Value {
  return ops.add(g, ops.softplus(g, ops.sub(g, x, g.scalar(floor))), g.scalar(floor));
}

export function referenceSoftFloor(x: number, floor: number): number {
  return floor + softplus(x - floor);
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) in float64. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
