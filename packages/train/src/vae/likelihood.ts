/** Likelihoods p(x | z): what a decoder's output says of the data. */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";

export interface Likelihood {
  /** -log p(x | z) of each item in nats, summed over its pixels: [N]. `x` and `parameters` are [N, ...item]. */
  distortion(tf: TensorFlow, x: Tensor, parameters: Tensor): Tensor1D;
  /** E[x | z], in the data's range: [N, ...item]. */
  mean(tf: TensorFlow, parameters: Tensor): Tensor;
}

/**
 * Independent pixels, p(x = 1) = sigmoid(logits):
 * -log p(x | z) = sum of softplus(logits) - x * logits, whose normaliser is exact for x in {0, 1}.
 *
 * Taken from logits, it stays finite where log(sigmoid) would not. Grey x in 0..1 is treated as a probability,
 * and the sum is then a cross-entropy: no log-likelihood, and not comparable with one of binary data.
 */
const bernoulli: Likelihood = {
  distortion: (tf, x, logits) => sumItems(tf, tf.sub(tf.softplus(logits), tf.mul(x, logits))),
  mean: (tf, logits) => tf.sigmoid(logits),
};

/** Every likelihood, by the name a configuration gives it. */
export const LIKELIHOODS = { bernoulli } as const satisfies Record<
  TrainConfig["likelihood"]["name"],
  Likelihood
>;

/** [N, ...item] -> [N]: the sum over all but the first axis. */
function sumItems(tf: TensorFlow, values: Tensor): Tensor1D {
  return tf.sum(tf.reshape(values, [values.shape[0]!, -1]), 1) as Tensor1D;
}
