/**
 * `@vaeport/train/gaussian`: the multivariate normal in float64, the reference for every other number.
 *
 * "The notes" cited in this folder are A. Spanopoulos and D. Konstantinidis, "Variational Autoencoder
 * Mathematics" (2 December 2020); docs/mathematics.md derives and corrects their equations (1) to (5).
 */

export { choleskyFactor } from "./cholesky.js";
export { diagonalEntropy, entropy } from "./entropy.js";
export {
  DimensionError,
  GaussianError,
  NonFiniteError,
  NotCholeskyFactorError,
  NotPositiveDefiniteError,
  NotSymmetricError,
} from "./errors.js";
export { expectedQuadraticForm } from "./expected-quadratic-form.js";
export {
  covarianceMatrix,
  type DiagonalGaussian,
  diagonalGaussian,
  type FullGaussian,
  gaussianFromCovariance,
  gaussianFromFactor,
  precisionMatrix,
  toFullGaussian,
} from "./gaussian.js";
export type { DiagonalGradient, FullGradient } from "./gradient.js";
export {
  diagonalKlDivergence,
  diagonalKlToStandardNormal,
  klDivergence,
  klToStandardNormal,
} from "./kl-divergence.js";
export {
  diagonalKlGradient,
  diagonalKlToStandardNormalGradient,
  klGradient,
  klToStandardNormalGradient,
} from "./kl-gradient.js";
export { diagonalLogDensity, logDensity } from "./log-density.js";
export { logRatioVariance } from "./log-ratio-variance.js";
export { type SquareMatrix, squareMatrix } from "./matrix.js";
export { diagonalPathwiseGradient, pathwiseGradient } from "./pathwise-gradient.js";
export { diagonalSample, sample } from "./sample.js";
export { solveLower, solveLowerTransposed } from "./triangular.js";
