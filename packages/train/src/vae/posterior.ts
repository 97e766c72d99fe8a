/** The diagonal Gaussian posterior q(z | x) = N(mean, diag(exp(log_variance))). */
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../tensorflow/index.js";

/** Mean and log-variance of each item's posterior, both [N, k]. */
export interface Posterior {
  mean: Tensor2D;
  logVariance: Tensor2D;
}

/**
 * z = mean + exp(log_variance / 2) * noise: the standard deviation scales the noise, and gradients reach both heads.
 * Kingma and Welling, "Auto-encoding variational Bayes" (2013), section 2.4.
 *
 * @param noise standard normal draws, [N, k]
 * @returns z, [N, k]
 */
export function samplePosterior(
  tf: TensorFlow,
  { mean, logVariance }: Posterior,
  noise: Tensor2D,
): Tensor2D {
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
}

/**
 * The rate KL(q(z | x) || N(0, I)) = 1/2 sum of (exp(log_variance) - 1 - log_variance + mean^2), in nats: [N].
 * Kingma and Welling (2013), appendix B.
 */
export function rate(tf: TensorFlow, { mean, logVariance }: Posterior): Tensor1D {
  const terms = tf.add(tf.sub(tf.expm1(logVariance), logVariance), tf.square(mean));
  return tf.mul(tf.sum(terms, 1), 0.5);
}
