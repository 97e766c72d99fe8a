/** What pictures are made of: a trained model, the data that it saw, and what it makes of it. */
import type { Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { EVALUATION_BATCH } from "../evaluation/evaluate.js";
import { someHeldOut } from "../evaluation/held-out.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { finalMetrics } from "../training/early-stop.js";
import type { EpochMetrics } from "../training/loop.js";
import { drawPixels, oneHot } from "../training/step.js";
import type { Vae } from "../vae/vae.js";
import type { ImageBatch } from "./grid.js";

/** A trained model and what it was trained on. */
export interface PictureSource {
  vae: Vae;
  dataset: Dataset;
  config: TrainConfig;
  metrics: readonly EpochMetrics[];
}

/** Whether items are images: not rows of a table, and grey or in colour. */
export function areImages({ itemShape }: Dataset): boolean {
  return itemShape.length === 3 && (itemShape[2] === 1 || itemShape[2] === 3);
}

/**
 * Held-out items as the model sees them, [N, ...item], and their posterior means [N, k]. They are spread over the set.
 */
export function encodeHeldOut(
  tf: TensorFlow,
  { dataset, config, vae }: PictureSource,
  count: number,
): { x: Tensor; mean: Tensor2D; labels: Int32Array | undefined } {
  const { items, labels } = someHeldOut(tf, dataset, count);
  const x = drawPixels(tf, config.data.binarisation, items, tf.tensor1d([config.seed, 0], "int32"));
  const label = vae.classes && oneHot(tf, labels!, vae.classes.length);
  const means: Tensor2D[] = [];
  for (let from = 0; from < count; from += EVALUATION_BATCH) {
    means.push(
      tf.tidy(() => {
        const part = <T extends Tensor>(all: T) =>
          tf.slice(all, from, Math.min(EVALUATION_BATCH, count - from)) as T;
        return vae.encode(part(x), { label: label && part(label) }).mean;
      }),
    );
  }
  return { x, mean: tf.concat(means), labels };
}

/**
 * The likelihood's mean at z [N, k].
 *
 * @param labels of a conditional model
 */
export function decodeMean(
  tf: TensorFlow,
  { vae }: PictureSource,
  z: Tensor2D,
  labels?: Int32Array,
): Tensor4D {
  const label = vae.classes && oneHot(tf, labels!, vae.classes.length);
  return vae.likelihood.mean(vae.decode(z, { label })) as Tensor4D;
}

/** Takes the values out of a tensor and frees it; the data's range becomes 0..1. */
export function read({ dataset }: PictureSource, images: Tensor): ImageBatch {
  const [low, high] = dataset.range;
  const values = images
    .dataSync<"float32">()
    .map((value) => Math.min(Math.max((value - low) / (high - low), 0), 1));
  images.dispose();
  return { values, shape: images.shape as [number, number, number, number] };
}

/** What the model had reached, for subtitles. */
export function standing({ metrics, config }: PictureSource): string {
  const { epoch, test } = finalMetrics(metrics, config.training);
  const epochs = epoch === 1 ? "1 epoch" : `${epoch} epochs`;
  return `after ${epochs}: held-out −ELBO ${test.negativeElbo.toFixed(2)} nats`;
}

/** Latent dimensions, those of the largest held-out rate first. */
export function dimensionsByRate({ metrics, config }: PictureSource) {
  const { rateByDimension } = finalMetrics(metrics, config.training).test;
  return rateByDimension
    .map((rate, dimension) => ({ dimension, rate }))
    .sort((a, b) => b.rate - a.rate);
}

/** Latent dimensions are counted from 1 in pictures. */
export function dimensionLabel({ dimension, rate }: { dimension: number; rate: number }): string {
  return `z${dimension + 1}: ${rate.toFixed(2)} nats`;
}
