/**
 * The Gaussian likelihood around the decoder's mean: 1/2 (log 2 pi + s + (x - mean)^2 e^-s), the log-variance s either
 * a constant of the model (`variance`) or one that the decoder gives for each item.
 */
import type { GraphBuilder } from "../../ir/builder.js";
import * as ops from "../../ir/ops/index.js";
import type { Value } from "../../ir/types.js";
import {
  type Likelihood,
  type LikelihoodContext,
  referenceSoftFloor,
  softFloor,
} from "./likelihood.js";

const LOG_TWO_PI = Math.log(2 * Math.PI);

const isFixed = ({ parameters }: LikelihoodContext) => parameters.variance !== undefined;

export const gaussian: Likelihood = {
  constants: ["variance", "logVarianceFloor"],
  heads: (context) => (isFixed(context) ? ["value"] : ["value", "item"]),
  outputs(g, [mean, raw], context) {
    if (raw === undefined) return { reconstruction: mean! };
    const floor = context.parameters.logVarianceFloor;
    const logVariance = floor === undefined ? raw : softFloor(g, raw, floor);
    const data_log_variance = ops.expand(g, logVariance, mean!.shape);
    return { reconstruction: mean!, data_log_variance };
  },
  scored: (context) => ["reconstruction", ...(isFixed(context) ? [] : ["data_log_variance"])],
  terms(g, x, { reconstruction, data_log_variance: s }, { parameters }) {
    const difference = ops.sub(g, x, reconstruction!);
    const square = ops.mul(g, difference, difference);
    if (s === undefined) {
      const variance = parameters.variance!;
      const scaled = ops.mul(g, square, g.scalar(0.5 / variance));
      return ops.add(g, scaled, g.scalar((LOG_TWO_PI + Math.log(variance)) / 2));
    }
    const scaled = ops.mul(g, square, ops.exp(g, negative(g, s)));
    return half(g, ops.add(g, ops.add(g, scaled, s), g.scalar(LOG_TWO_PI)));
  },
  referenceOutputs([mean, raw], { parameters }) {
    if (raw === undefined) return { reconstruction: mean! };
    const floor = parameters.logVarianceFloor;
    const data_log_variance = floor === undefined ? raw : referenceSoftFloor(raw, floor);
    return { reconstruction: mean!, data_log_variance };
  },
  referenceTerm(x, { reconstruction, data_log_variance }, { parameters }) {
    const s = data_log_variance ?? Math.log(parameters.variance!);
    return (LOG_TWO_PI + s + (x - reconstruction!) ** 2 * Math.exp(-s)) / 2;
  },
};

function negative(g: GraphBuilder, x: Value): Value {
  return ops.mul(g, x, g.scalar(-1));
}

function half(g: GraphBuilder, x: Value): Value {
  return ops.mul(g, x, g.scalar(0.5));
}
