/** The diagonal Gaussian posterior q(z | x) = N(mean, diag(exp(log_variance))). */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";

/** Mean and log-variance of each item's posterior, both [N, k]. */
export interface DiagonalPosterior {
  mean: Tensor2D;
  logVariance: Tensor2D;
}

/**
 * z = mean + exp(log_variance / 2) * noise: the standard deviation scales the noise, and gradients reach both heads.
 * Kingma and Welling, "Auto-encoding variational Bayes" (2013), section 2.4.
 */
export function sampleDiagonal<Draws extends Tensor>(
  tf: TensorFlow,
  { mean, logVariance }: DiagonalPosterior,
  noise: Draws,
): Draws {
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
}

/** 1/2 (exp(log_variance) - 1 - log_variance + mean^2): [N, k]. Kingma and Welling (2013), appendix B. */
export function diagonalRates(tf: TensorFlow, { mean, logVariance }: DiagonalPosterior): Tensor2D {
  const terms = tf.add(tf.sub(tf.expm1(logVariance), logVariance), tf.square(mean));
  return tf.mul(terms, 0.5) as Tensor2D;
}

/** log of the root of the covariance's determinant: [N]. */
export function diagonalLogSpread(tf: TensorFlow, { logVariance }: DiagonalPosterior): Tensor1D {
  return tf.mul(tf.sum(logVariance, 1), 0.5);
}
