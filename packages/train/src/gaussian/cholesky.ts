/** The Cholesky factor of a covariance matrix: the form in which every function here takes it. */

import { NotCholeskyFactorError, NotPositiveDefiniteError, NotSymmetricError } from "./errors.js";
import type { SquareMatrix } from "./matrix.js";

/** Rounding allowed between S_ij and S_ji, in units of sqrt(S_ii S_jj). */
const SYMMETRY_TOLERANCE = 1e-12;

/**
 * The lower triangular L `[k, k]` with S = L Lᵀ and L_ii > 0.
 *
 * Row by row: L_ij = (S_ij − Σ_{n<j} L_in L_jn) / L_jj and L_ii = sqrt(S_ii − Σ_{n<i} L_in²)
 * (Golub & Van Loan, Matrix Computations, 4th ed., §4.2). A pivot S_ii − Σ L_in² below its own
 * rounding error, k · 2⁻⁵² · S_ii, has no correct digit left, and S counts as singular.
 *
 * @throws NotSymmetricError, NotPositiveDefiniteError
 */
export function choleskyFactor(covariance: SquareMatrix): SquareMatrix {
  requireSymmetric(covariance);
  const { size, data } = covariance;
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = data[i * size + j]!;
      for (let n = 0; n < j; n++) rest -= factor[i * size + n]! * factor[j * size + n]!;
      factor[i * size + j] =
        i === j ? pivotRoot(covariance, i, rest) : rest / factor[j * size + j]!;
    }
  }
  return { size, data: factor };
}

/** Half the log-determinant of S = L Lᵀ: ½ log|S| = Σ log L_ii. */
export function halfLogDeterminant(factor: SquareMatrix): number {
  let sum = 0;
  for (let i = 0; i < factor.size; i++) sum += Math.log(factor.data[i * factor.size + i]!);
  return sum;
}

/** Throws {@link NotCholeskyFactorError} unless `factor` is lower triangular with L_ii > 0. */
export function requireCholeskyFactor(where: string, factor: SquareMatrix): void {
  const { size, data } = factor;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = data[i * size + j]!;
      if (i === j ? value > 0 : value === 0) continue;
      throw new NotCholeskyFactorError(
        `${where}: entry (${i}, ${j}) of the factor is ${value}. A Cholesky factor has zeros above ` +
          "its diagonal and positive numbers on it; choleskyFactor(covariance) makes one.",
      );
    }
  }
}

function requireSymmetric({ size, data }: SquareMatrix): void {
  const deviation = (i: number) => Math.sqrt(Math.abs(data[i * size + i]!));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const lower = data[i * size + j]!;
      const upper = data[j * size + i]!;
      const scale = deviation(i) * deviation(j);
      if (Math.abs(lower - upper) <= SYMMETRY_TOLERANCE * scale) continue;
      throw new NotSymmetricError(
        `choleskyFactor: entry (${i}, ${j}) is ${lower} and entry (${j}, ${i}) is ${upper}. ` +
          "A covariance matrix is symmetric; average it with its transpose if the gap is noise.",
      );
    }
  }
}

function pivotRoot({ size, data }: SquareMatrix, i: number, pivot: number): number {
  const variance = data[i * size + i]!;
  if (pivot > size * Number.EPSILON * Math.abs(variance)) return Math.sqrt(pivot);
  throw new NotPositiveDefiniteError(
    `choleskyFactor: row ${i} leaves a pivot of ${pivot} of its variance ${variance}, so the matrix ` +
      "is not positive definite. Remove linearly dependent dimensions or add to the diagonal.",
  );
}
