/**
 * The logistic likelihood of data on `levels` evenly spaced values, each with the mass of the bin around it and the
 * outermost bins open: https://arxiv.org/abs/1606.04934, appendix C. With u and l the ends of a bin, centred and
 * scaled, the mass is S(u) S(-l) (1 - e^(l - u)), S the logistic function: in logarithms nothing cancels.
 */
import type { GraphBuilder } from "../../ir/builder.js";
import * as ops from "../../ir/ops/index.js";
import type { Value } from "../../ir/types.js";
import {
  type Likelihood,
  type LikelihoodContext,
  referenceSoftFloor,
  softFloor,
  softplus,
} from "./likelihood.js";

const LEVELS = 256;

/** Half the distance between two levels. */
function halfBin({ parameters, data: { range } }: LikelihoodContext): number {
  return (range[1] - range[0]) / ((parameters.levels ?? LEVELS) - 1) / 2;
}

export const discretisedLogistic: Likelihood = {
  constants: ["levels", "logScaleFloor"],
  heads: () => ["value", "value"],
  outputs(g, [location, raw], { parameters }) {
    const floor = parameters.logScaleFloor;
    const data_log_scale = floor === undefined ? raw! : softFloor(g, raw!, floor);
    return { reconstruction: location!, data_log_scale };
  },
  scored: () => ["reconstruction", "data_log_scale"],
  terms(g, x, { reconstruction, data_log_scale }, context) {
    const h = halfBin(context);
    const [low, high] = context.data.range;
    const inverse = ops.exp(g, ops.mul(g, data_log_scale!, g.scalar(-1)));
    const centred = ops.sub(g, x, reconstruction!);
    const end = (sign: number) =>
      ops.softplus(
        g,
        ops.mul(g, ops.mul(g, inverse, g.scalar(sign)), shifted(g, centred, -sign * h)),
      );
    const notLowest = ops.cast(g, ops.less(g, g.scalar(low + h), x), "float32");
    const notHighest = ops.cast(g, ops.less(g, x, g.scalar(high - h)), "float32");
    const inside = ops.mul(g, ops.mul(g, notLowest, notHighest), logWidth(g, inverse, h));
    const tails = ops.add(g, ops.mul(g, notHighest, end(-1)), ops.mul(g, notLowest, end(1)));
    return ops.sub(g, tails, inside);
  },
  referenceOutputs([location, raw], { parameters }) {
    const floor = parameters.logScaleFloor;
    const data_log_scale = floor === undefined ? raw! : referenceSoftFloor(raw!, floor);
    return { reconstruction: location!, data_log_scale };
  },
  referenceTerm(x, { reconstruction, data_log_scale }, context) {
    const h = halfBin(context);
    const [low, high] = context.data.range;
    const scale = Math.exp(data_log_scale!);
    const above = softplus(-(x + h - reconstruction!) / scale);
    const below = softplus((x - h - reconstruction!) / scale);
    if (x <= low + h) return above;
    if (x >= high - h) return below;
    return above + below - Math.log(-Math.expm1((-2 * h) / scale));
  },
};

function shifted(g: GraphBuilder, x: Value, by: number): Value {
  return ops.add(g, x, g.scalar(by));
}

/** log(1 - e^-d), d = 2 h / scale: with t = tanh(d / 2) it is log(2 t / (1 + t)), which keeps its digits at small d. */
function logWidth(g: GraphBuilder, inverse: Value, h: number): Value {
  const t = ops.tanh(g, ops.mul(g, inverse, g.scalar(h)));
  const quotient = ops.div(g, t, ops.add(g, t, g.scalar(1)));
  return ops.log(g, ops.mul(g, quotient, g.scalar(2)));
}
