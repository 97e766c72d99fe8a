/**
 * The Gaussian posterior q(z | x) = N(mean, L L'), L its lower Cholesky factor, as an encoder gives it:
 * Kingma and Welling, "An introduction to variational autoencoders" (2019), section 2.5.1.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";

/** Mean [N, k], log of the factor's diagonal [N, k], and the factor itself [N, k, k], zero above its diagonal. */
export interface FullPosterior {
  mean: Tensor2D;
  logDiagonal: Tensor2D;
  scaleTril: Tensor3D;
}

/**
 * L = diag(exp(log_variance / 2)) + the strictly lower part of `lower`: positive on the diagonal, so that it is the
 * Cholesky factor of one covariance, and that of the diagonal posterior where `lower` is zero.
 *
 * @param logVariance [N, k]
 * @param lower [N, k, k]
 */
export function fullPosterior(
  tf: TensorFlow,
  mean: Tensor2D,
  logVariance: Tensor2D,
  lower: Tensor3D,
): FullPosterior {
  const k = mean.shape[1];
  const logDiagonal = tf.mul(logVariance, 0.5) as Tensor2D;
  const below = Array.from({ length: k * k }, (_, at) => (at % k < Math.floor(at / k) ? 1 : 0));
  const diagonal = tf.mul(tf.expandDims(tf.exp(logDiagonal), 1), tf.eye(k));
  const scaleTril = tf.add(tf.mul(lower, tf.tensor2d(below, [k, k])), diagonal) as Tensor3D;
  return { mean, logDiagonal, scaleTril };
}

/** z = mean + L noise. */
export function sampleFull<Draws extends Tensor>(
  tf: TensorFlow,
  { mean, scaleTril }: FullPosterior,
  noise: Draws,
): Draws {
  return tf.add(mean, tf.sum(tf.mul(scaleTril, tf.expandDims(noise, -2)), -1));
}

/**
 * The mean divergence of each conditional q(z_j | z_1 … z_j-1, x) from the prior, by the chain rule of KL:
 * 1/2 (|row j of L|^2 + mean_j^2 - 1) - log L_jj, whose sum is 1/2 (|L|^2 + |mean|^2 - k) - sum of log L_jj: [N, k].
 */
export function fullRates(
  tf: TensorFlow,
  { mean, logDiagonal, scaleTril }: FullPosterior,
): Tensor2D {
  const squares = tf.add(tf.sum(tf.square(scaleTril), 2), tf.square(mean));
  return tf.sub(tf.mul(tf.sub(squares, 1), 0.5), logDiagonal) as Tensor2D;
}

/** log of the root of the covariance's determinant, the sum of log L_jj: [N]. */
export function fullLogSpread(tf: TensorFlow, { logDiagonal }: FullPosterior): Tensor1D {
  return tf.sum(logDiagonal, 1) as Tensor1D;
}
