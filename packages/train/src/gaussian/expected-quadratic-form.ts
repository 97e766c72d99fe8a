/** The mean of a quadratic form: the step that turns an integral into a trace. */

import { requireDimension } from "./checks.js";
import type { FullGaussian } from "./gaussian.js";
import type { SquareMatrix } from "./matrix.js";

/**
 * E[(x − a)ᵀ A (x − a)] = tr(A S) + (m − a)ᵀ A (m − a) for x ~ N(m, S).
 *
 * Source: equations (3) and (4) of the notes. (3) is a = m, A = S⁻¹, where the value is k;
 * (4) is a = m₂, A = S₂⁻¹, where it is tr(S₁ S₂⁻¹) + (m₁ − m₂)ᵀ S₂⁻¹ (m₁ − m₂).
 * It needs the mean and the covariance only, and A need not be symmetric.
 *
 * Evaluated with S = L Lᵀ as Σ_j v_jᵀ A v_j over the columns of L and m − a.
 *
 * @param centre a `[k]`
 * @param matrix A `[k, k]`
 */
export function expectedQuadraticForm(
  { mean, factor }: FullGaussian,
  centre: ArrayLike<number>,
  matrix: SquareMatrix,
): number {
  const { size, data } = factor;
  requireDimension("expectedQuadraticForm", "the centre", centre.length, size);
  requireDimension("expectedQuadraticForm", "the matrix", matrix.size, size);
  let sum = quadraticForm(
    matrix,
    mean.map((value, i) => value - centre[i]!),
  );
  for (let j = 0; j < size; j++) {
    sum += quadraticForm(
      matrix,
      mean.map((_, i) => data[i * size + j]!),
    );
  }
  return sum;
}

/** vᵀ A v. */
function quadraticForm({ size, data }: SquareMatrix, vector: Float64Array): number {
  return data.reduce(
    (sum, value, at) => sum + value * vector[Math.floor(at / size)]! * vector[at % size]!,
    0,
  );
}
