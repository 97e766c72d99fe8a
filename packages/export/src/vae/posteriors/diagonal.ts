/** The diagonal posterior N(m, diag e^s), s the log-variance: appendix B of https://arxiv.org/abs/1312.6114. */
import * as ops from "../../ir/ops/index.js";
import type { Posterior } from "./posterior.js";

export const diagonal: Posterior = {
  heads: (k) => [[k], [k]],
  tensors: (k) => [
    ["mean", [k]],
    ["log_variance", [k]],
  ],
  outputs: (_, [mean, log_variance]) => ({ mean: mean!, log_variance: log_variance! }),

  /** 1/2 sum(e^s - 1 - s + m^2). */
  rate(g, { mean, log_variance }) {
    const spread = ops.sub(g, ops.exp(g, log_variance!), g.scalar(1));
    const terms = ops.add(g, ops.sub(g, spread, log_variance!), ops.mul(g, mean!, mean!));
    return ops.mul(g, ops.reduceSum(g, terms, { axes: [1], keep: true }), g.scalar(0.5));
  },
  referenceOutputs: ([mean, log_variance]) => ({ mean: mean!, log_variance: log_variance! }),
  referenceSample: ({ mean, log_variance }, noise) =>
    mean!.map((m, i) => m + Math.exp(log_variance![i]! / 2) * noise[i]!),
  referenceRate: ({ mean, log_variance }) =>
    mean!.reduce((sum, m, i) => {
      const s = log_variance![i]!;
      return sum + (Math.expm1(s) - s + m * m) / 2;
    }, 0),
};
