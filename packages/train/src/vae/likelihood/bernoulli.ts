/** Independent binary pixels, p(x = 1) = sigmoid(logits). */
import type { TensorFlow } from "../../tensorflow/index.js";
import { type Likelihood, logit, sumItems } from "./likelihood.js";

/**
 * -log p(x | z) = sum of softplus(logits) - x * logits, whose normaliser is exact for x in {0, 1}.
 *
 * Taken from logits, it stays finite where log(sigmoid) would not. Grey x in 0..1 is treated as a probability,
 * and the sum is then a cross-entropy: no log-likelihood, and not comparable with one of binary data.
 */
export function bernoulli(tf: TensorFlow): Likelihood {
  return {
    heads: [{ name: "logits", of: "value" }],
    parameters: ([logits]) => ({ logits: logits! }),
    distortion: (x, { logits }) => sumItems(tf, tf.sub(tf.softplus(logits!), tf.mul(x, logits!))),
    mean: ({ logits }) => tf.sigmoid(logits!),
    biasFor: logit,
    constants: () => ({}),
  };
}
