/** What training minimises: the negative evidence lower bound, distortion + rate, and its variants. */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import type { ObjectiveConfig } from "../config/objective.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { logPriorRatio, type Posterior, rates, samplePosterior } from "./posterior/index.js";
import type { Vae } from "./vae.js";

/** What is measured: items and, of a conditional VAE, their one-hot labels. */
export interface Items {
  /** [N, ...item] */
  x: Tensor;
  /** [N, classes] */
  label?: Tensor2D | undefined;
}

/** The two terms of -ELBO, never weighted, in nats. */
export interface ElboTerms {
  /** -log p(x | z) at each draw of z ~ q(z | x): [S, N]. Their mean over the draws estimates the distortion. */
  distortions: Tensor2D;
  /** KL(q(z | x) || p(z)) in closed form, by latent dimension: [N, k]. */
  rates: Tensor2D;
  /** log p(z) - log q(z | x) at each draw: [S, N]. */
  logPriorRatios(): Tensor2D;
  /** What all was computed from. */
  posterior: Posterior;
}

/**
 * Encodes, samples and decodes; sums over the values of an item.
 * Kingma and Welling (2013), equation 10.
 *
 * @param noise standard normal draws [S, N, k], S for each item
 * @param training whether batch normalisation takes the batch's statistics, and updates its averages
 */
export function elboTerms(
  tf: TensorFlow,
  vae: Vae,
  { x, label }: Items,
  noise: Tensor3D,
  training: boolean,
): ElboTerms {
  const [samples, count, size] = noise.shape;
  const repeat = <T extends Tensor>(value: T): T =>
    samples === 1 ? value : tf.tile(value, [samples, ...value.shape.slice(1).map(() => 1)]);
  const posterior = vae.encode(x, { label, training });
  const z = samplePosterior(tf, posterior, noise);
  const flat = tf.reshape(z, [samples * count, size]) as Tensor2D;
  const parameters = vae.decode(flat, { label: label && repeat(label), training });
  const distortions = vae.likelihood.distortion(repeat(x), parameters, training);
  return {
    distortions: tf.reshape(distortions, [samples, count]) as Tensor2D,
    rates: rates(tf, posterior),
    logPriorRatios: () => logPriorRatio(tf, posterior, noise, z) as Tensor2D,
    posterior,
  };
}

/** Mean over the draws: [N]. */
export function distortionOf(tf: TensorFlow, { distortions }: ElboTerms): Tensor1D {
  return tf.mean(distortions, 0) as Tensor1D;
}

/** Sum over the latent dimensions: [N]. */
export function rateOf(tf: TensorFlow, terms: ElboTerms): Tensor1D {
  return tf.sum(terms.rates, 1) as Tensor1D;
}

/** Weights of a step, scalars of the graph so that they may change without another capture. */
export interface ObjectiveWeights {
  beta: Scalar;
  /** Nats. */
  capacity: Scalar;
}

/** What training minimises, mean over the batch; -ELBO where beta is 1 and nothing else is configured. */
export function objective(
  tf: TensorFlow,
  config: Pick<ObjectiveConfig, "capacity" | "freeBits" | "samples">,
  terms: ElboTerms,
  weights: ObjectiveWeights,
): Scalar {
  if (config.samples > 1) return importanceWeighted(tf, terms, weights.beta);
  const distortion = tf.mean(terms.distortions);
  return tf.add(distortion, tf.mul(weights.beta, regulariser(tf, config, terms, weights)));
}

/**
 * What is weighed with beta (Higgins et al., "beta-VAE", 2017, equation 4): the rate; its distance from a capacity
 * (Burgess et al., 2018, equation 8); or the sum over latent dimensions of max(free bits, rate), so that none gains by
 * less than those (Kingma et al., "Inverse autoregressive flow", 2016, appendix C). All of means over the batch.
 */
function regulariser(
  tf: TensorFlow,
  { capacity, freeBits }: Pick<ObjectiveConfig, "capacity" | "freeBits">,
  terms: ElboTerms,
  weights: ObjectiveWeights,
): Tensor {
  if (freeBits > 0) return tf.sum(tf.maximum(tf.mean(terms.rates, 0), freeBits));
  const rate = tf.mean(rateOf(tf, terms));
  return capacity ? tf.abs(tf.sub(rate, weights.capacity)) : rate;
}

/**
 * -L_S, the mean over the batch of -log of the mean of S weights w = p(x | z) (p(z) / q(z | x))^beta: Burda, Grosse and
 * Salakhutdinov, "Importance weighted autoencoders" (2015), equation 8, where beta is 1.
 */
function importanceWeighted(tf: TensorFlow, terms: ElboTerms, beta: Scalar): Scalar {
  const logWeights = tf.sub(tf.mul(terms.logPriorRatios(), beta), terms.distortions);
  const [samples] = terms.distortions.shape;
  const bounds = tf.sub(tf.logSumExp(logWeights, 0), Math.log(samples));
  return tf.neg(tf.mean(bounds));
}
