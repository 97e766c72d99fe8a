/** Whether data can have come from a likelihood. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { LikelihoodConfig } from "../../config/likelihood.js";
import { DataError } from "../../errors.js";
import type { TensorFlow } from "../../tensorflow/index.js";

/** How far a value may be from its level, in levels: float32's rounding of any sensible range. */
const OFF_LEVEL = 1e-2;

/**
 * Holds items [N, ...item] to their stated range and to the support of a likelihood.
 *
 * @param name how messages call the data
 * @param range the range that the dataset states
 * @throws DataError when values are not finite, leave their range, or are none that the likelihood can give
 */
export function checkData(
  tf: TensorFlow,
  config: LikelihoodConfig,
  { name, items, range: [low, high] }: { name: string; items: Tensor; range: [number, number] },
): void {
  const [least, most] = tf.tidy(() => [tf.min(items).dataSync()[0]!, tf.max(items).dataSync()[0]!]);
  if (!Number.isFinite(least! + most!)) {
    throw new DataError(
      `${name}: holds values that are not finite numbers. Remove or replace them.`,
    );
  }
  if (least! < low || most! > high) {
    throw new DataError(
      `${name}: values from ${least} to ${most} leave the range [${low}, ${high}] of the dataset. ` +
        "Scale them, or state their range.",
    );
  }
  if (config.name === "bernoulli" || config.name === "continuous-bernoulli") {
    if (least! >= 0 && most! <= 1) return;
    throw new DataError(
      `${name}: values from ${least} to ${most}, and likelihood.name "${config.name}" takes 0 to 1. ` +
        'Scale the data to 0..1, or choose "gaussian".',
    );
  }
  if (config.name === "discretised-logistic") {
    const off = tf.tidy(() => {
      const level = tf.mul(tf.sub(items, low), (config.levels - 1) / (high - low));
      return tf.max(tf.abs(tf.sub(level, tf.round(level)))).dataSync()[0]!;
    });
    if (off < OFF_LEVEL) return;
    throw new DataError(
      `${name}: values lie up to ${off.toPrecision(2)} of a step beside the ${config.levels} levels of ` +
        `[${low}, ${high}] that likelihood.levels states. Give the number of levels that the data has, ` +
        'or choose "gaussian".',
    );
  }
}
