/** The Bernoulli likelihood from logits l, x in [0, 1]: as graph, and in float64 as reference. */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";

/** The mean of x, 1 / (1 + e^-l); shape as the logits. */
export function bernoulliMean(g: GraphBuilder, logits: Value): Value {
  return ops.sigmoid(g, logits);
}

/** -log p(x | l) = sum(log(1 + e^l) - x l) per item, in nats: x and logits [N, ...] -> [N, 1]. */
export function bernoulliDistortion(g: GraphBuilder, x: Value, logits: Value): Value {
  const terms = ops.sub(g, ops.softplus(g, logits), ops.mul(g, x, logits));
  const size = terms.shape.slice(1).reduce((product: number, next) => product * Number(next), 1);
  const flat = ops.reshape(g, terms, [...terms.shape.slice(0, 1), size]);
  return ops.reduceSum(g, flat, { axes: [1], keep: true });
}

/** `bernoulliMean` in float64. */
export function referenceMean(logits: Float32Array): Float32Array {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}

/** `bernoulliDistortion` of one item in float64: log(1 + e^l) = max(l, 0) + log(1 + e^-|l|). */
export function referenceDistortion(x: Float32Array, logits: Float32Array): number {
  return logits.reduce((sum, logit, i) => {
    const softplus = Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    return sum + softplus - (x[i] ?? 0) * logit;
  }, 0);
}
