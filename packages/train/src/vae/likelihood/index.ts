/** The likelihoods by the names that a configuration gives them. */
import type { LikelihoodConfig } from "../../config/likelihood.js";
import type { TensorFlow } from "../../tensorflow/index.js";
import { bernoulli } from "./bernoulli.js";
import { continuousBernoulli } from "./continuous-bernoulli.js";
import { discretisedLogistic } from "./discretised-logistic.js";
import { gaussian } from "./gaussian.js";
import type { Likelihood } from "./likelihood.js";

export { checkData } from "./check-data.js";
export type { DataParameters, DecoderHead, Likelihood } from "./likelihood.js";

/**
 * The likelihood that a configuration names.
 *
 * @param range smallest and largest value of the data
 */
export function createLikelihood(
  tf: TensorFlow,
  config: LikelihoodConfig,
  range: readonly [number, number] = [0, 1],
): Likelihood {
  switch (config.name) {
    case "bernoulli":
      return bernoulli(tf);
    case "continuous-bernoulli":
      return continuousBernoulli(tf);
    case "gaussian":
      return gaussian(tf, config, range[1] - range[0]);
    case "discretised-logistic":
      return discretisedLogistic(tf, config.levels, range);
  }
}
