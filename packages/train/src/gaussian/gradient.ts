/** Gradients of a number in the parameters of a normal distribution, in the shapes of these. */

import type { SquareMatrix } from "./matrix.js";

/** The gradient in m `[k]` and in the lower triangle of L `[k, k]`; above the diagonal it is 0. */
export interface FullGradient {
  readonly mean: Float64Array;
  readonly factor: SquareMatrix;
}

/** The gradient in m `[k]` and in l = log σ² `[k]`. */
export interface DiagonalGradient {
  readonly mean: Float64Array;
  readonly logVariance: Float64Array;
}
