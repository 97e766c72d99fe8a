/** One training step: a pure function of weights, images and noise state, run eagerly or captured as one graph. */
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import { standardNormal, standardUniform } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { LIKELIHOODS } from "../vae/likelihood.js";
import { type ElboTerms, elboTerms, objective } from "../vae/objective.js";
import type { Vae } from "../vae/vae.js";

/** What a batch is measured with. */
export interface Model {
  tf: TensorFlow;
  vae: Vae;
  config: Pick<TrainConfig, "data" | "latent" | "likelihood">;
}

/** Draws that a batch takes: its noise state is [seed, counter], the next batch's counter is this much larger. */
export const DRAWS_PER_BATCH = 2;

/**
 * Both terms of -ELBO for each image.
 *
 * @param images float32 [B, H, W, C], grey values
 * @param noise int32 [seed, counter]
 */
export function batchTerms(
  { tf, vae, config }: Model,
  images: Tensor4D,
  noise: Tensor1D,
  training: boolean,
): ElboTerms {
  const x = drawPixels(tf, config.data.binarisation, images, noise);
  const shape = [images.shape[0], config.latent.size];
  const latentNoise = standardNormal<Tensor2D>(tf, shape, draw(tf, noise, 1));
  const likelihood = LIKELIHOODS[config.likelihood.name];
  return elboTerms(tf, vae, likelihood, x, latentNoise, training);
}

/** Grey values as they are, or one Bernoulli draw of each: 1 with the grey value's probability. */
export function drawPixels(
  tf: TensorFlow,
  binarisation: TrainConfig["data"]["binarisation"],
  images: Tensor4D,
  noise: Tensor1D,
): Tensor4D {
  if (binarisation === "none") return images;
  return tf.cast(tf.less(standardUniform(tf, images.shape, noise), images), "float32");
}

/** The noise state of a batch's draw number `index`. */
function draw(tf: TensorFlow, noise: Tensor1D, index: number): Tensor1D {
  return tf.add(noise, tf.tensor1d([0, index], "int32"));
}

/** What a step minimises and reports. */
export type StepLosses = {
  /** The objective: distortion + beta * rate, mean over the batch. */
  loss: Scalar;
  /** [distortion, rate], means over the batch, never weighted. */
  terms: Tensor1D;
};

/**
 * The objective on one batch. No value is read, and nothing but batch-normalisation averages is assigned: equal weights,
 * images and noise give equal results.
 */
export function stepLosses(
  model: Model,
  beta: number,
  images: Tensor4D,
  noise: Tensor1D,
): StepLosses {
  const { tf } = model;
  const terms = batchTerms(model, images, noise, true);
  return {
    loss: objective(tf, terms, beta),
    terms: tf.stack([tf.mean(terms.distortion), tf.mean(terms.rate)]) as Tensor1D,
  };
}
