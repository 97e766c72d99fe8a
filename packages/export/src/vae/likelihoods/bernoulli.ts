/** The Bernoulli likelihood from logits l, x in [0, 1]: -log p(x | l) = log(1 + e^l) - x l, of mean 1 / (1 + e^-l). */
import * as ops from "../../ir/ops/index.js";
import { type Likelihood, softplus } from "./likelihood.js";

export const bernoulli: Likelihood = {
  constants: [],
  heads: () => ["value"],
  outputs: (g, [logits]) => ({ reconstruction: ops.sigmoid(g, logits!), logits: logits! }),
  scored: () => ["logits"],
  terms: (g, x, { logits }) => ops.sub(g, ops.softplus(g, logits!), ops.mul(g, x, logits!)),
  referenceOutputs: ([logit]) => ({ reconstruction: logistic(logit!), logits: logit! }),
  referenceTerm: (x, { logits }) => softplus(logits!) - x * logits!,
};

export function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
