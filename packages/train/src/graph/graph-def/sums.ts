/**
 * Sums that TensorFlow is kept from joining with what is around them.
 *
 * A sum of sums it joins into one AddN, and AddN begins with whichever input's memory is free by then: the last bit of
 * the result would differ from run to run. The activation of a sum with a product of matrices and its bias, as a
 * residual block ends, its remapper joins into an operator without a name, then gives up the whole graph and says so.
 */
import { sameShape } from "../native.js";
import type { Operation, Value } from "../recording/recording.js";
import { attribute, type GraphBuilder, type Output } from "./builder.js";

/** Operators that TensorFlow joins. */
const SUMS: ReadonlySet<string> = new Set(["Add", "AddV2", "AddN"]);

export const isSum = (operator: string): boolean => SUMS.has(operator);

/** Whether an operation adds two matrices of one shape, where a bias would be a vector. */
export function isMatrixSum({ name, inputs }: Operation, values: readonly Value[]): boolean {
  const [left, right] = inputs.map((number) => values[number]!.shape);
  return isSum(name) && inputs.length === 2 && left!.length === 2 && sameShape(left!, right!);
}

interface TensorType {
  shape: readonly number[];
  dtype: number;
}

/** A sum, passed through an operator that TensorFlow does not look behind. */
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
