/** The checks that several functions of this folder share. */

import { DimensionError, NonFiniteError } from "./errors.js";

/** Throws {@link DimensionError} unless `actual` equals `expected`. */
export function requireDimension(
  where: string,
  what: string,
  actual: number,
  expected: number,
): void {
  if (actual === expected) return;
  throw new DimensionError(
    `${where}: ${what} has ${actual} dimension(s) where ${expected} are needed. ` +
      "Pass arguments that all describe the same space.",
  );
}

/** A float64 copy of `values`. Throws {@link NonFiniteError} where one is NaN or infinite. */
export function finiteCopy(where: string, what: string, values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  const bad = copy.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new NonFiniteError(
      `${where}: ${what} holds ${copy[bad]} at index ${bad}. Pass finite numbers only.`,
    );
  }
  return copy;
}
