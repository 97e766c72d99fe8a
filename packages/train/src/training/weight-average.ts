/** The exponential moving average of a VAE's weights, held by a second VAE of the same form. */
import type { Scalar, Variable } from "@tensorflow/tfjs-node";
import type { TrainingConfig } from "../config/training.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import { namedWeights } from "./engine-state.js";

/**
 * Moves the average towards the weights as they are: average = decay * average + (1 - decay) * weight. What is not
 * trained, as the averages of batch normalisation, is copied.
 *
 * A step does so before it changes the weights, and the end of an epoch once more; the step after that one takes a
 * decay of 1, so that each step's weights enter once. Polyak and Juditsky (1992); exponential as in Adam (2014), 7.2.
 */
export function moveAverage(tf: TensorFlow, average: Vae, vae: Vae, decay: Scalar): void {
  const trained = new Set(vae.variables);
  const rest = tf.sub(1, decay);
  for (const [kept, weight] of pairs(average, vae)) {
    const moved = () => tf.add(tf.mul(kept, decay), tf.mul(weight, rest));
    kept.assign(trained.has(weight) ? moved() : tf.clone(weight));
  }
}

/** The decay after `step` steps (from 1): what is configured, less in the beginning, where the average is young. */
export function averageDecay(
  { weightAverage }: Pick<TrainingConfig, "weightAverage">,
  step: number,
): number {
  return weightAverage ? Math.min(weightAverage.decay, (1 + step) / (10 + step)) : 1;
}

function pairs(average: Vae, vae: Vae): [Variable, Variable][] {
  const weights = namedWeights(vae);
  return namedWeights(average).map(([, kept], i) => [kept, weights[i]![1]]);
}
