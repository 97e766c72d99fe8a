/** Independent normal values around the decoder's mean: the variance given, one for each item, or the optimal one. */
import type { Scalar, Tensor, Tensor1D, Variable } from "@tensorflow/tfjs-node";
import type { GaussianConfig } from "../../config/likelihood.js";
import type { TensorFlow } from "../../tensorflow/index.js";
import { type Likelihood, softFloor, sumItems } from "./likelihood.js";

/**
 * Learned and optimal log-variances stay above this for data of a range of width 1, a little more than the variance of
 * rounding to 8 bits: at an item that is reproduced exactly, the density would grow without end.
 */
const LOG_VARIANCE_FLOOR = -12;

/** How much of the running variance a step keeps. */
const DECAY = 0.99;

/** 1/2 sum of (log 2 pi + s + (x - mean)^2 e^-s), s the log-variance, which broadcasts to x: [N]. */
function negativeLogDensity(
  tf: TensorFlow,
  x: Tensor,
  mean: Tensor,
  logVariance: Tensor,
): Tensor1D {
  const squares = tf.mul(tf.squaredDifference(x, mean), tf.exp(tf.neg(logVariance)));
  const constant = tf.add(logVariance, Math.log(2 * Math.PI));
  return tf.mul(sumItems(tf, tf.add(squares, constant)), 0.5);
}

/** @param range width of the data's range */
export function gaussian(tf: TensorFlow, config: GaussianConfig, range: number): Likelihood {
  const floor = LOG_VARIANCE_FLOOR + 2 * Math.log(range);
  switch (config.variance) {
    case "fixed":
      return fixed(tf, config.varianceValue);
    case "learned":
      return learned(tf, floor);
    case "optimal":
      return optimal(tf, floor);
  }
}

const AROUND_MEAN = {
  heads: [{ name: "reconstruction", of: "value" }],
  parameters: ([reconstruction]) => ({ reconstruction: reconstruction! }),
  mean: ({ reconstruction }) => reconstruction!,
  biasFor: (mean) => mean,
} satisfies Partial<Likelihood>;

function fixed(tf: TensorFlow, variance: number): Likelihood {
  return {
    ...AROUND_MEAN,
    distortion: (x, { reconstruction }) =>
      negativeLogDensity(tf, x, reconstruction!, tf.scalar(Math.log(variance))),
    constants: () => ({ variance }),
  };
}

/** The decoder gives each item a log-variance, the same for all of its values. */
function learned(tf: TensorFlow, floor: number): Likelihood {
  return {
    ...AROUND_MEAN,
    heads: [...AROUND_MEAN.heads, { name: "data_log_variance", of: "item" }],
    parameters([reconstruction, raw]) {
      return { reconstruction: reconstruction!, data_log_variance: softFloor(tf, raw!, floor) };
    },
    distortion: (x, parameters) =>
      negativeLogDensity(tf, x, parameters.reconstruction!, parameters.data_log_variance!),
    constants: () => ({ logVarianceFloor: floor }),
  };
}

/**
 * One variance for all values, at each training step the one that makes the batch most likely, its mean squared error:
 * Rybkin, Daniilidis and Levine, "sigma-VAE" (2021), section 4.2. Elsewhere, and in what is exported, it is the running
 * average over the steps.
 */
function optimal(tf: TensorFlow, floor: number): Likelihood {
  const state = tf.variable(tf.tensor1d(UNTRAINED), false);
  return {
    ...AROUND_MEAN,
    state,
    distortion(x, { reconstruction }, training = false) {
      const variance = training
        ? batchVariance(tf, state, x, reconstruction!)
        : runningVariance(tf, state);
      const logVariance = tf.log(tf.maximum(variance, Math.exp(floor)));
      return negativeLogDensity(tf, x, reconstruction!, logVariance);
    },
    constants: () => ({
      variance: Math.max(
        tf.tidy(() => runningVariance(tf, state).dataSync()[0]!),
        Math.exp(floor),
      ),
    }),
  };
}

/** Decayed sums of batch variances and of their weights, whose quotient is 1 before the first step. */
const UNTRAINED = [1e-8, 1e-8];

function runningVariance(tf: TensorFlow, state: Variable): Tensor {
  const sums = state as unknown as Tensor1D;
  return tf.div(tf.slice(sums, 0, 1), tf.slice(sums, 1, 1));
}

function batchVariance(tf: TensorFlow, state: Variable, x: Tensor, mean: Tensor): Scalar {
  const variance = tf.mean(tf.squaredDifference(x, mean)) as Scalar;
  const newest = tf.stack([variance, tf.scalar(1)]);
  state.assign(tf.add(tf.mul(state, DECAY), tf.mul(newest, 1 - DECAY)));
  return variance;
}

/** Gives an optimal variance the value that it had in a run. */
export function setVariance(tf: TensorFlow, state: Variable, variance: number): void {
  tf.tidy(() => state.assign(tf.tensor1d([variance, 1])));
}
