/** The section `likelihood`: p(x | z). */
import { z } from "zod";
import { count, section } from "./section.js";

const bernoulli = section({ name: z.literal("bernoulli") });

const continuousBernoulli = section({ name: z.literal("continuous-bernoulli") });

const gaussian = section({
  name: z.literal("gaussian"),
  variance: z
    .enum(["fixed", "learned", "optimal"])
    .default("fixed")
    .describe(
      "fixed: varianceValue; learned: one for each item, from the decoder; optimal: the mean squared error, one for all",
    ),
  varianceValue: z.number().positive().default(1).describe("The variance, where it is fixed"),
});

const discretisedLogistic = section({
  name: z.literal("discretised-logistic"),
  levels: count()
    .min(2)
    .default(256)
    .describe("Evenly spaced values that the data takes, both ends of its range included"),
});

const NAMES = '"bernoulli", "continuous-bernoulli", "gaussian" or "discretised-logistic"';

export const likelihood = z
  .discriminatedUnion("name", [bernoulli, continuousBernoulli, gaussian, discretisedLogistic], {
    error: ({ code }) => {
      if (code === "invalid_union") return `expected ${NAMES}`;
      return code === "invalid_type" ? `expected an object whose name is ${NAMES}` : undefined;
    },
  })
  .prefault({ name: "bernoulli" });

export type LikelihoodConfig = z.output<typeof likelihood>;
export type GaussianConfig = z.output<typeof gaussian>;
