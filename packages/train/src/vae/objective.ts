/** The objective: the negative evidence lower bound, distortion + rate. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Likelihood } from "./likelihood.js";
import { type Posterior, rate, samplePosterior } from "./posterior.js";
import type { Vae } from "./vae.js";

/** The two terms of -ELBO, never weighted: one value in nats for each item, [N]. */
export interface ElboTerms {
  /** One-sample estimate of -E[log p(x | z)], z ~ q(z | x). */
  distortion: Tensor1D;
  /** KL(q(z | x) || p(z)), in closed form. */
  rate: Tensor1D;
  /** What both were computed from. */
  posterior: Posterior;
}

/**
 * Encodes, samples and decodes `x`; sums over pixels and over latent dimensions.
 * Kingma and Welling (2013), equation 10 with L = 1.
 *
 * @param x [N, ...item]
 * @param noise standard normal draws, [N, k]
 * @param training whether batch normalisation takes the batch's statistics, and updates its averages
 */
export function elboTerms(
  tf: TensorFlow,
  vae: Vae,
  likelihood: Likelihood,
  x: Tensor,
  noise: Tensor2D,
  training: boolean,
): ElboTerms {
  const posterior = vae.encode(x, training);
  const z = samplePosterior(tf, posterior, noise);
  return {
    distortion: likelihood.distortion(tf, x, vae.decode(z, training)),
    rate: rate(tf, posterior),
    posterior,
  };
}

/**
 * What training minimises: mean over the batch of distortion + beta * rate; -ELBO where beta is 1.
 * Higgins et al., "beta-VAE" (2017), equation 4.
 */
export function objective(tf: TensorFlow, terms: ElboTerms, beta: number): Scalar {
  return tf.mean(tf.add(terms.distortion, tf.mul(terms.rate, beta)));
}
