/** The posteriors by the names that a model's description gives them. */
import type { LatentSection } from "@vaeport/infer/manifest";
import { diagonal } from "./diagonal.js";
import { fullCovariance } from "./full-covariance.js";
import type { Posterior } from "./posterior.js";

export type { Posterior } from "./posterior.js";

export const POSTERIORS: Readonly<Record<LatentSection["posterior"], Posterior>> = {
  diagonal,
  full: fullCovariance,
};
