/**
 * Evenly spaced values under a logistic distribution, each with the mass of the bin around it and the outermost bins
 * open: Kingma et al., "Improved variational inference with inverse autoregressive flow" (2016), appendix C.
 */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { type Likelihood, softFloor, sumItems } from "./likelihood.js";

/** Log-scales stay above this for data of a range of width 1. */
const LOG_SCALE_FLOOR = -7;

/**
 * p(x) = S(u) - S(l) with S the sigmoid, u = (x + h - location) / scale, l = (x - h - location) / scale, h half a bin.
 * With d = u - l that is S(u) S(-l) (1 - e^-d), none of which cancels, whatever u and l are:
 * -log p(x) = softplus(-u) + softplus(l) - log(1 - e^-d); in the lowest bin softplus(-u), in the highest softplus(l).
 */
export function discretisedLogistic(
  tf: TensorFlow,
  levels: number,
  [low, high]: readonly [number, number],
): Likelihood {
  const half = (high - low) / (levels - 1) / 2;
  const floor = LOG_SCALE_FLOOR + Math.log(high - low);

  function distortion(x: Tensor, location: Tensor, logScale: Tensor) {
    const inverse = tf.exp(tf.neg(logScale));
    const centred = tf.sub(x, location);
    const above = tf.softplus(tf.mul(tf.neg(tf.add(centred, half)), inverse));
    const below = tf.softplus(tf.mul(tf.sub(centred, half), inverse));
    const width = tf.log(tf.neg(tf.expm1(tf.mul(inverse, -2 * half))));
    const notLowest = tf.cast(tf.greater(x, low + half), "float32");
    const notHighest = tf.cast(tf.less(x, high - half), "float32");
    const inside = tf.mul(tf.mul(notLowest, notHighest), width);
    const tails = tf.add(tf.mul(notHighest, above), tf.mul(notLowest, below));
    return sumItems(tf, tf.sub(tails, inside));
  }

  return {
    heads: [
      { name: "reconstruction", of: "value" },
      { name: "data_log_scale", of: "value" },
    ],
    parameters: ([location, raw]) => ({
      reconstruction: location!,
      data_log_scale: softFloor(tf, raw!, floor),
    }),
    distortion: (x, { reconstruction, data_log_scale }) =>
      distortion(x, reconstruction!, data_log_scale!),
    mean: ({ reconstruction }) => reconstruction!,
    biasFor: (mean) => mean,
    constants: () => ({ levels, logScaleFloor: floor }),
  };
}
