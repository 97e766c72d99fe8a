/** Shape rules of several operators; each throws GraphError, naming the operator. */
import { GraphError } from "../../errors.js";
import { type Dim, isConstant, type Layout, type Value } from "../types.js";

/** The error for shapes that an operator cannot take. */
export function misfit(op: string, problem: string): GraphError {
  return new GraphError(`${op}: ${problem}.`);
}

export function show(shape: readonly Dim[]): string {
  return `[${shape.join(", ")}]`;
}

/** A size that must be known. */
export function known(op: string, value: Value, axis: number): number {
  const size = value.shape[axis];
  if (typeof size === "number") return size;
  throw misfit(op, `axis ${axis} of ${show(value.shape)} must have a known size`);
}

export function needRank(op: string, value: Value, rank: number): void {
  if (value.shape.length !== rank) {
    throw misfit(op, `expected rank ${rank}, got ${show(value.shape)}`);
  }
}

/** An axis counted from the front. */
export function axisFromFront(op: string, axis: number, rank: number): number {
  const front = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(front) && front >= 0 && front < rank) return front;
  throw misfit(op, `axis ${axis} does not exist at rank ${rank}`);
}

/** What shapes broadcast to: https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md */
export function broadcast(op: string, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((candidate) => candidate !== 1) ?? 1;
    if (sizes.some((candidate) => candidate !== 1 && candidate !== size)) {
      throw misfit(op, `${shapes.map(show).join(" and ")} do not broadcast`);
    }
    return size;
  });
}

/** The one layout of all values that are not constants; constants are laid out by their user. */
export function commonLayout(op: string, values: readonly Value[]): Layout {
  const layouts = new Set(values.filter((value) => !isConstant(value)).map(({ layout }) => layout));
  const [layout = "source", other] = layouts;
  if (other === undefined) return layout;
  throw misfit(op, "inputs are in different layouts; bring them to one with g.as(value, layout)");
}

/** Sizes of the four borders of a window, as ONNX `pads` wants them: [top, left, bottom, right]. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** One number per axis. */
export type Sizes = readonly number[];

export type Pair = readonly [height: number, width: number];
