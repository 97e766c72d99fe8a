/** The section `likelihood`: p(x | z). */
import { z } from "zod";
import { count, section } from "./section.js";

const bernoulli = section({ name: z.literal("bernoulli") });

const continuousBernoulli = section({ name: z.literal("continuous-bernoulli") });

const VARIANCE = 1;

const gaussian = section({
  name: z.literal("gaussian"),
  variance: z
    .enum(["fixed", "learned", "optimal"])
    .default("fixed")
    .describe(
      "fixed: varianceValue; learned: one for each item, from the decoder; optimal: the mean squared error, one for all",
    ),
  varianceValue: z
    .number()
    .positive()
    .default(VARIANCE)
    .describe("The variance, where it is fixed"),
}).superRefine(({ variance, varianceValue }, context) => {
  // Resolved configurations hold the default, which says nothing.
  if (variance === "fixed" || varianceValue === VARIANCE) return;
  const message = `has no effect where variance is "${variance}"; leave it out, or take variance "fixed"`;
  context.addIssue({ code: "custom", path: ["varianceValue"], message });
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
