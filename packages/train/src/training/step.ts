/** One training step: a pure function of weights, rows and noise state. */
import type { NamedTensorMap, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { LIKELIHOODS } from "../vae/likelihood.js";
import { type ElboTerms, elboTerms, objective } from "../vae/objective.js";
import type { Vae } from "../vae/vae.js";
import { gatherRows, standardNormal, standardUniform } from "./native.js";

/** What a batch is drawn from and measured with. */
export interface BatchSource {
  tf: TensorFlow;
  vae: Vae;
  /** Resident images, [N, H, W, C]. */
  images: Tensor4D;
  config: Pick<TrainConfig, "data" | "latent" | "likelihood">;
}

/** Draws that a batch takes: its noise state is [seed, counter], the next batch's counter is this much larger. */
export const DRAWS_PER_BATCH = 2;

/**
 * Both terms of -ELBO for the items in `rows`.
 *
 * @param rows int32 [B], indices into the images
 * @param noise int32 [seed, counter]
 */
export function batchTerms(
  { tf, vae, images, config }: BatchSource,
  rows: Tensor1D,
  noise: Tensor1D,
  training: boolean,
): ElboTerms {
  const x = drawPixels(tf, config.data.binarisation, gatherRows(tf, images, rows), noise);
  const latentNoise = standardNormal(tf, [rows.size, config.latent.size], draw(tf, noise, 1));
  const likelihood = LIKELIHOODS[config.likelihood.name];
  return elboTerms(tf, vae, likelihood, x, latentNoise as Tensor2D, training);
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

/** What a step computes, all still on the native side. */
export interface StepResult {
  /** Of the objective, by variable name. */
  gradients: NamedTensorMap;
  /** [distortion, rate], means over the batch. */
  losses: Tensor1D;
}

/**
 * The gradient of the objective on one batch. No value is read, and nothing but batch-normalisation averages is assigned:
 * equal weights, rows and noise give equal results.
 */
export function gradientStep(
  source: BatchSource,
  beta: number,
  rows: Tensor1D,
  noise: Tensor1D,
): StepResult {
  const { tf, vae } = source;
  return tf.tidy(() => {
    let losses: Tensor1D | undefined;
    const { grads } = tf.variableGrads(() => {
      const terms = batchTerms(source, rows, noise, true);
      losses = tf.keep(tf.stack([tf.mean(terms.distortion), tf.mean(terms.rate)]) as Tensor1D);
      return objective(tf, terms, beta);
    }, vae.variables);
    return { gradients: grads, losses: losses! };
  });
}
