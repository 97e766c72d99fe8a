/** The two forms of the multivariate normal distribution, and how to make them from checked parts. */

import { finiteCopy, requireDimension } from "./checks.js";
import { choleskyFactor, requireCholeskyFactor } from "./cholesky.js";
import { DimensionError } from "./errors.js";
import { mapColumns, type SquareMatrix, squareMatrix } from "./matrix.js";
import { solveLower, solveLowerTransposed } from "./triangular.js";

/** N(m, L Lᵀ) over k dimensions with any covariance. */
export interface FullGaussian {
  /** m `[k]`. */
  readonly mean: Float64Array;
  /** L `[k, k]`: lower triangular, positive diagonal. */
  readonly factor: SquareMatrix;
}

/** N(m, diag(exp(l))) over k independent dimensions: what an encoder of a VAE emits. */
export interface DiagonalGaussian {
  /** m `[k]`. */
  readonly mean: Float64Array;
  /** l = log σ² `[k]`. */
  readonly logVariance: Float64Array;
}

/**
 * N(m, S) from its mean `[k]` and covariance `[k, k]`.
 *
 * @throws DimensionError, NonFiniteError, NotSymmetricError, NotPositiveDefiniteError
 */
export function gaussianFromCovariance(
  mean: ArrayLike<number>,
  covariance: SquareMatrix,
): FullGaussian {
  const { size, data } = covariance;
  return gaussianFromFactor(mean, choleskyFactor(squareMatrix(size, data)));
}

/**
 * N(m, L Lᵀ) from its mean `[k]` and the lower Cholesky factor `[k, k]` of its covariance.
 *
 * @throws DimensionError, NonFiniteError, NotCholeskyFactorError
 */
export function gaussianFromFactor(mean: ArrayLike<number>, factor: SquareMatrix): FullGaussian {
  const checked = squareMatrix(factor.size, factor.data);
  requireDimension("gaussianFromFactor", "the mean", mean.length, checked.size);
  requireCholeskyFactor("gaussianFromFactor", checked);
  return { mean: finiteCopy("gaussianFromFactor", "the mean", mean), factor: checked };
}

/**
 * N(m, diag(exp(l))) from its mean `[k]` and log-variance `[k]`.
 *
 * @throws DimensionError, NonFiniteError
 */
export function diagonalGaussian(
  mean: ArrayLike<number>,
  logVariance: ArrayLike<number>,
): DiagonalGaussian {
  if (mean.length === 0) {
    throw new DimensionError("diagonalGaussian: the mean is empty. Pass at least one dimension.");
  }
  requireDimension("diagonalGaussian", "the log-variance", logVariance.length, mean.length);
  return {
    mean: finiteCopy("diagonalGaussian", "the mean", mean),
    logVariance: finiteCopy("diagonalGaussian", "the log-variance", logVariance),
  };
}

/** The same distribution in the full form: L = diag(exp(l / 2)). */
export function toFullGaussian({ mean, logVariance }: DiagonalGaussian): FullGaussian {
  const size = mean.length;
  const factor = new Float64Array(size * size);
  logVariance.forEach((value, i) => {
    factor[i * size + i] = Math.exp(value / 2);
  });
  return gaussianFromFactor(mean, { size, data: factor });
}

/** The covariance S = L Lᵀ `[k, k]`. */
export function covarianceMatrix({ factor }: FullGaussian): SquareMatrix {
  const { size, data } = factor;
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let n = 0; n <= Math.min(i, j); n++) {
        covariance[i * size + j]! += data[i * size + n]! * data[j * size + n]!;
      }
    }
  }
  return { size, data: covariance };
}

/** The inverse covariance S⁻¹ = L⁻ᵀ L⁻¹ `[k, k]`, the Σ⁻¹ of the formulas. */
export function precisionMatrix({ factor }: FullGaussian): SquareMatrix {
  const { size } = factor;
  const identity = Float64Array.from({ length: size * size }, (_, at) => +(at % (size + 1) === 0));
  return mapColumns({ size, data: identity }, (column) =>
    solveLowerTransposed(factor, solveLower(factor, column)),
  );
}
