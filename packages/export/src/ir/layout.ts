/** How the axes of a value in one layout stand to those in the other: pure index arithmetic. */
import { GraphError } from "../errors.js";
import type { Dim, Layout, Value } from "./types.js";

/** Layouts differ from rank 3 on: [N, C] is the same in both. */
const MIN_RANK = 3;

/** The permutation that takes a tensor of this rank to `layout` from the other one. */
export function permutationTo(layout: Layout, rank: number): number[] {
  const spatial = Array.from({ length: rank - 2 }, (_, index) => index);
  return layout === "channels-first"
    ? [0, rank - 1, ...spatial.map((index) => index + 1)]
    : [0, ...spatial.map((index) => index + 2), 1];
}

/** True where both layouts of this value are one and the same tensor. */
export function sameInBothLayouts(value: Value): boolean {
  return value.shape.length < MIN_RANK;
}

/** Where an axis of the source's tensor stands in the value; negative ones count from the end. */
export function axisOf(value: Value, axis: number): number {
  const rank = value.shape.length;
  const from = axis < 0 ? axis + rank : axis;
  return value.layout === "source" ? from : permutationTo("channels-first", rank).indexOf(from);
}

/** The shape that the source model sees. */
export function sourceShape(value: Value): readonly Dim[] {
  if (value.layout === "source") return value.shape;
  return permuteList(value.shape, permutationTo("source", value.shape.length));
}

/** A list (a shape, a broadcast parameter's sizes) in the order that a permutation gives. */
export function permuteList<T>(list: readonly T[], permutation: readonly number[]): T[] {
  return permutation.map((index) => list[index] as T);
}

/** True where a permutation keeps the elements in memory order: it only moves axes of size 1. */
export function keepsOrder(shape: readonly Dim[], permutation: readonly number[]): boolean {
  const moved = permutation.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number));
}

/**
 * What ONNX Reshape is told for this shape: for an open size 0, "as the input has it there", or -1,
 * "what is left over", where the input has another size there. Throws GraphError where more than one
 * would be left over.
 */
export function reshapeTarget(shape: readonly Dim[], from: readonly Dim[]): number[] {
  if (canReshape(shape, from)) {
    return shape.map((size, axis) => {
      if (typeof size === "number") return size;
      return size === from[axis] ? 0 : -1;
    });
  }
  throw new GraphError(
    `Reshape: only one open size can move, got [${from.join(", ")}] to [${shape.join(", ")}]. Build the model with a full inputShape.`,
  );
}

/** True where `reshapeTarget` has an answer. */
export function canReshape(shape: readonly Dim[], from: readonly Dim[]): boolean {
  const moved = shape.filter((size, axis) => typeof size === "string" && size !== from[axis]);
  return moved.length <= 1;
}
