/**
 * The diagonal Gaussian posterior N(m, diag e^s) against the prior N(0, I), s the log-variance: in
 * the graph, and in float64 for the check vector. Formulas: appendix B of
 * https://arxiv.org/abs/1312.6114.
 */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";

/** KL(q || p) = 1/2 sum(e^s - 1 - s + m^2) per item, nats: both [N, k] -> [N, 1]. */
export function diagonalRate(g: GraphBuilder, mean: Value, logVariance: Value): Value {
  const spread = ops.sub(g, ops.sub(g, ops.exp(g, logVariance), g.scalar(1)), logVariance);
  const terms = ops.add(g, spread, ops.mul(g, mean, mean));
  return ops.mul(g, ops.reduceSum(g, terms, { axes: [1], keep: true }), g.scalar(0.5));
}

/** `diagonalRate` of one item in float64. */
export function referenceRate(mean: Float32Array, logVariance: Float32Array): number {
  return mean.reduce((sum, m, i) => {
    const s = logVariance[i] ?? 0;
    return sum + (Math.expm1(s) - s + m * m) / 2;
  }, 0);
}

/** z = m + e^(s/2) noise, computed in float64. */
export function referenceSample(
  mean: Float32Array,
  logVariance: Float32Array,
  noise: Float32Array,
): Float32Array {
  return mean.map((m, i) => m + Math.exp((logVariance[i] ?? 0) / 2) * (noise[i] ?? 0));
}
