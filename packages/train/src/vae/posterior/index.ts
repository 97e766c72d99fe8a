/** The posterior q(z | x), a Gaussian of diagonal or full covariance, against the prior N(0, I). */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import {
  type DiagonalPosterior,
  diagonalLogSpread,
  diagonalRates,
  sampleDiagonal,
} from "./diagonal.js";
import { type FullPosterior, fullLogSpread, fullRates, sampleFull } from "./full-covariance.js";

export type { DiagonalPosterior } from "./diagonal.js";
export { type FullPosterior, fullPosterior } from "./full-covariance.js";

/** Of N items. */
export type Posterior = DiagonalPosterior | FullPosterior;

/**
 * Draws of z as smooth functions of the posterior.
 *
 * @param noise standard normal, [N, k], or [S, N, k] for S draws of each
 * @returns z in the shape of `noise`
 */
export function samplePosterior<Draws extends Tensor>(
  tf: TensorFlow,
  posterior: Posterior,
  noise: Draws,
): Draws {
  return "scaleTril" in posterior
    ? sampleFull(tf, posterior, noise)
    : sampleDiagonal(tf, posterior, noise);
}

/** The rate by latent dimension, in nats: [N, k]. Each is at least 0; their sum over k is `rate`. */
export function rates(tf: TensorFlow, posterior: Posterior): Tensor2D {
  return "scaleTril" in posterior ? fullRates(tf, posterior) : diagonalRates(tf, posterior);
}

/** The rate KL(q(z | x) || N(0, I)), in nats: [N]. */
export function rate(tf: TensorFlow, posterior: Posterior): Tensor1D {
  return tf.sum(rates(tf, posterior), 1) as Tensor1D;
}

/**
 * log p(z) - log q(z | x) at z = `samplePosterior(noise)`: (|noise|^2 - |z|^2) / 2 + log of the covariance's root
 * determinant; log 2 pi cancels. [N] or [S, N].
 */
export function logPriorRatio(
  tf: TensorFlow,
  posterior: Posterior,
  noise: Tensor,
  z: Tensor,
): Tensor {
  const spread =
    "scaleTril" in posterior ? fullLogSpread(tf, posterior) : diagonalLogSpread(tf, posterior);
  const squares = tf.sum(tf.sub(tf.square(noise), tf.square(z)), -1);
  return tf.add(tf.mul(squares, 0.5), spread);
}
