/** What can be wrong with a mean, a covariance, a factor or a vector handed to the Gaussian reference. */

import { TrainError } from "../errors.js";

/** Base class of every error this folder throws. */
export class GaussianError extends TrainError {
  override readonly name: string = "GaussianError";
}

/** Two arguments that must have the same number of dimensions do not. */
export class DimensionError extends GaussianError {
  override readonly name = "DimensionError";
}

/** A mean, a log-variance or a matrix holds NaN or an infinity. */
export class NonFiniteError extends GaussianError {
  override readonly name = "NonFiniteError";
}

/** A covariance differs from its transpose by more than rounding. */
export class NotSymmetricError extends GaussianError {
  override readonly name = "NotSymmetricError";
}

/** A covariance has a direction without positive variance, so that no density exists. */
export class NotPositiveDefiniteError extends GaussianError {
  override readonly name = "NotPositiveDefiniteError";
}

/** A matrix given as a Cholesky factor is not lower triangular with a positive diagonal. */
export class NotCholeskyFactorError extends GaussianError {
  override readonly name = "NotCholeskyFactorError";
}
