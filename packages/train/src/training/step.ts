/** One training step: a pure function of weights, items and noise state, run eagerly or captured as one graph. */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import type { ObjectiveConfig } from "../config/objective.js";
import type { TrainConfig } from "../config.js";
import { standardNormal, standardUniform } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";
import {
  distortionOf,
  type ElboTerms,
  elboTerms,
  type ObjectiveWeights,
  objective,
  rateOf,
} from "../vae/objective.js";
import type { Vae } from "../vae/vae.js";

/** What a batch is measured with. */
export interface Model {
  tf: TensorFlow;
  vae: Vae;
  config: Pick<TrainConfig, "data" | "latent">;
}

/** Images [B, H, W, C] or rows [B, D], as the dataset has them; of a conditional model, one-hot labels [B, classes]. */
export interface Batch {
  images: Tensor;
  label?: Tensor2D | undefined;
}

/** Draws that a batch takes: its noise state is [seed, counter], the next batch's counter is this much larger. */
export const DRAWS_PER_BATCH = 2;

/** Terms of -ELBO with their sums: distortion (mean over the draws of z) and rate of each item, [B]. */
export interface BatchTerms extends ElboTerms {
  distortion: Tensor1D;
  rate: Tensor1D;
}

/**
 * Both terms of -ELBO for each image.
 *
 * @param noise int32 [seed, counter]
 * @param samples draws of z for each
 */
export function batchTerms(
  { tf, vae, config }: Model,
  { images, label }: Batch,
  noise: Tensor1D,
  { training = false, samples = 1 } = {},
): BatchTerms {
  const x = drawPixels(tf, config.data.binarisation, images, noise);
  const shape = [samples, images.shape[0], config.latent.size];
  const latentNoise = standardNormal<Tensor3D>(tf, shape, draw(tf, noise, 1));
  const terms = elboTerms(tf, vae, { x, label }, latentNoise, training);
  return { ...terms, distortion: distortionOf(tf, terms), rate: rateOf(tf, terms) };
}

/** Grey values as they are, or one Bernoulli draw of each: 1 with the grey value's probability. */
export function drawPixels(
  tf: TensorFlow,
  binarisation: TrainConfig["data"]["binarisation"],
  images: Tensor,
  noise: Tensor1D,
): Tensor {
  if (binarisation === "none") return images;
  return tf.cast(tf.less(standardUniform(tf, images.shape, noise), images), "float32");
}

/** Labels as the networks take them: [N, classes], 1 at the label and 0 elsewhere. */
export function oneHot(tf: TensorFlow, labels: Int32Array, classes: number): Tensor2D {
  return tf.tidy(() => {
    const hot = tf.oneHot(tf.tensor1d(labels, "int32"), classes);
    return tf.cast(hot, "float32") as Tensor2D;
  });
}

/** The noise state of a batch's draw number `index`. */
function draw(tf: TensorFlow, noise: Tensor1D, index: number): Tensor1D {
  return tf.add(noise, tf.tensor1d([0, index], "int32"));
}

/** What a step minimises and reports. */
export type StepLosses = {
  /** The objective, mean over the batch. */
  loss: Scalar;
  /** As `StepReport` has them, never weighted. */
  terms: Tensor1D;
};

/**
 * The objective on one batch. No value is read, and nothing but averages that follow the training is assigned: equal
 * weights, items and noise give equal results.
 */
export function stepLosses(
  model: Model & { config: { objective: ObjectiveConfig } },
  batch: Batch,
  noise: Tensor1D,
  weights: ObjectiveWeights,
): StepLosses {
  const { tf, config } = model;
  const { samples } = config.objective;
  const terms = batchTerms(model, batch, noise, { training: true, samples });
  return {
    loss: objective(tf, config.objective, terms, weights),
    terms: reported(tf, terms),
  };
}

function reported(tf: TensorFlow, { distortion, rate, rates, posterior }: BatchTerms): Tensor1D {
  const { mean } = posterior;
  const byDimension = [rates, mean, tf.square(mean)].map((values) => tf.mean(values, 0));
  const sums = tf.stack([tf.mean(distortion), tf.mean(rate)]);
  return tf.concat([sums, ...byDimension]) as Tensor1D;
}
