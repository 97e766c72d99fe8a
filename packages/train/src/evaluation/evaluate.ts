/** Held-out numbers: -ELBO, distortion, rate and active units over a whole set of images. */
import { batches } from "../data/shuffle.js";
import { gatherBatch } from "../training/item-source.js";
import { bitsPerDimension, type SetMetrics } from "../training/losses.js";
import { type Batch, batchTerms, DRAWS_PER_BATCH, type Model } from "../training/step.js";
import { ActiveUnits } from "./active-units.js";

/** Means over the items of a set. */
export type Evaluation = SetMetrics;

/** What decides the draws of an evaluation. */
export interface EvaluateOptions {
  /** Of the noise; 0 by default, whatever the run's seed, so that runs are compared on the same draws. */
  seed?: number;
  /** Bounds the memory, and is part of what decides the noise. */
  batchSize?: number;
}

/** Images in a batch, unless said otherwise. */
export const EVALUATION_BATCH = 500;

/** Measures images of a set, eagerly or as a captured graph. */
export interface BatchEvaluator {
  /** Images in the set. */
  count: number;
  /** Values of an item. */
  dimensions: number;
  /**
   * Distortion in nats, [B]; rates in nats and posterior means, [B, k] row-major.
   *
   * @param rows indices into the set
   * @param noise [seed, counter]
   */
  measure(
    rows: Int32Array,
    noise: Int32Array,
  ): Record<"distortion" | "rates" | "mean", ArrayLike<number>>;
}

/**
 * Averages over every image, with one draw of z (and of the pixels, where they are binarised) for each.
 * Batch normalisation uses its running averages.
 */
export function evaluate(source: Model & Batch, options: EvaluateOptions = {}): Evaluation {
  return evaluateAll(eagerEvaluator(source), source.config.latent.size, options);
}

/** As `evaluate`, whatever computes the batches. */
export function evaluateAll(
  evaluator: BatchEvaluator,
  latentSize: number,
  { seed = 0, batchSize = EVALUATION_BATCH }: EvaluateOptions = {},
): Evaluation {
  const { count, dimensions } = evaluator;
  const units = new ActiveUnits(latentSize);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const rates = new Float64Array(latentSize);
  let sum = 0;
  batches(all, batchSize).forEach((rows, i) => {
    const measured = evaluator.measure(rows, Int32Array.of(seed, i * DRAWS_PER_BATCH));
    sum += total(measured.distortion);
    for (let j = 0; j < measured.rates.length; j++) rates[j % latentSize]! += measured.rates[j]!;
    units.add(measured.mean);
  });
  const rateByDimension = Array.from(rates, (rate) => rate / count);
  const [distortion, rate] = [sum / count, total(rateByDimension)];
  const losses = { negativeElbo: distortion + rate, distortion, rate };
  return {
    ...losses,
    rateByDimension,
    activeUnits: units.count(),
    bitsPerDimension: bitsPerDimension(losses, dimensions),
  };
}

/** Measures the items in plain tf.js. */
export function eagerEvaluator(source: Model & Batch): BatchEvaluator {
  const { tf, images } = source;
  const measure = (rows: Int32Array, noise: Int32Array) => {
    const batch = gatherBatch(tf, source, tf.tensor1d(rows, "int32"));
    const terms = batchTerms(source, batch, tf.tensor1d(noise, "int32"));
    return [terms.distortion, terms.rates, terms.posterior.mean];
  };
  return {
    count: images.shape[0],
    dimensions: images.size / images.shape[0],
    measure(rows, noise) {
      const tensors = tf.tidy(() => measure(rows, noise));
      const [distortion, rates, mean] = tensors.map((tensor) => tensor.dataSync<"float32">());
      tf.dispose(tensors);
      return { distortion: distortion!, rates: rates!, mean: mean! };
    },
  };
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
