/**
 * Sums in one order. TensorFlow joins a sum of sums into one AddN, and AddN begins with whichever input's memory is
 * free by then: the last bit of the result would differ from run to run.
 */
import { attribute, type GraphBuilder, type Output } from "./builder.js";

/** Operators that TensorFlow joins. */
const SUMS: ReadonlySet<string> = new Set(["Add", "AddV2", "AddN"]);

export const isSum = (operator: string): boolean => SUMS.has(operator);

interface TensorType {
  shape: readonly number[];
  dtype: number;
}

/** A sum that is a summand itself, passed through an operator that TensorFlow does not look behind. */
export function fence(graph: GraphBuilder, sum: Output, { shape, dtype }: TensorType): Output {
  const attributes = { T: attribute.type(dtype), shape: attribute.shape(shape) };
  return graph.add("EnsureShape", [sum], attributes);
}

/** What AddN gives, from left to right: at least one summand, all of the same type. */
export function addInOrder(
  graph: GraphBuilder,
  [first, ...others]: readonly Output[],
  type: TensorType,
): Output {
  return others.reduce((sum, summand, index) => {
    const left = index > 0 ? fence(graph, sum, type) : sum;
    return graph.typed("AddV2", [left, summand], type.dtype);
  }, first!);
}
