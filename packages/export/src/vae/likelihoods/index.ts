/** The likelihoods by the names that a model's description gives them. */
import type { LikelihoodSection } from "@vaeport/infer/manifest";
import { bernoulli } from "./bernoulli.js";
import { continuousBernoulli } from "./continuous-bernoulli.js";
import { discretisedLogistic } from "./discretised-logistic.js";
import { gaussian } from "./gaussian.js";
import type { Likelihood } from "./likelihood.js";

export { logistic } from "./bernoulli.js";
export { type Likelihood, type LikelihoodContext, type Named, sumItems } from "./likelihood.js";

export const LIKELIHOODS: Readonly<Record<LikelihoodSection["name"], Likelihood>> = {
  bernoulli,
  "continuous-bernoulli": continuousBernoulli,
  gaussian,
  "discretised-logistic": discretisedLogistic,
};
