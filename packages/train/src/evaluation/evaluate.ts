/** Held-out numbers: -ELBO, distortion, rate and active units over a whole set of images. */
import type { Tensor1D } from "@tensorflow/tfjs-node";
import { batches } from "../data/shuffle.js";
import type { Losses } from "../training/losses.js";
import { type BatchSource, batchTerms, DRAWS_PER_BATCH } from "../training/step.js";
import { ActiveUnits } from "./active-units.js";

export interface Evaluation extends Losses {
  activeUnits: number;
}

export interface EvaluateOptions {
  /** Of the noise; 0 by default, whatever the run's seed, so that runs are compared on the same draws. */
  seed?: number;
  /** Bounds the memory, and is part of what decides the noise. */
  batchSize?: number;
}

/**
 * Averages over every image, with one draw of z (and of the pixels, where they are binarised) for each.
 * Batch normalisation uses its running averages.
 */
export function evaluate(
  source: BatchSource,
  { seed = 0, batchSize = 500 }: EvaluateOptions = {},
): Evaluation {
  const { tf, images, config } = source;
  const count = images.shape[0];
  const units = new ActiveUnits(config.latent.size);
  let distortion = 0;
  let rate = 0;
  batches(
    Int32Array.from({ length: count }, (_, i) => i),
    batchSize,
  ).forEach((rows, i) => {
    tf.tidy(() => {
      const noise = tf.tensor1d([seed, i * DRAWS_PER_BATCH], "int32");
      const terms = batchTerms(source, tf.tensor1d(rows, "int32"), noise, false);
      distortion += total(terms.distortion);
      rate += total(terms.rate);
      units.add(terms.posterior.mean.dataSync());
    });
  });
  return {
    negativeElbo: (distortion + rate) / count,
    distortion: distortion / count,
    rate: rate / count,
    activeUnits: units.count(),
  };
}

function total(values: Tensor1D): number {
  return values.dataSync<"float32">().reduce((sum, value) => sum + value, 0);
}
