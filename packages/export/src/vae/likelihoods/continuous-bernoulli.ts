/**
 * The continuous Bernoulli likelihood on [0, 1], of density C(a) e^(a x) / (1 + e^a) with the logit a:
 * https://arxiv.org/abs/1907.06845. Near 0 its formulas are 0/0, and float32 loses digits around: series stand in.
 */
import type { GraphBuilder } from "../../ir/builder.js";
import * as ops from "../../ir/ops/index.js";
import type { Value } from "../../ir/types.js";
import { type Likelihood, softplus } from "./likelihood.js";

/** Where the series take over. */
const SMALL = 0.3;

/** log C(a) = log(a / tanh(a / 2)), in powers of a^2. */
const LOG_NORMALISER = [Math.LN2, 1 / 12, -7 / 1440, 31 / 90720];

/** (E[x] - 1/2) / a = (1 / (2 tanh(a / 2)) - 1 / a) / a, in powers of a^2. */
const SLOPE = [1 / 12, -1 / 720, 1 / 30240];

export const continuousBernoulli: Likelihood = {
  constants: ["logitLimit"],
  heads: () => ["value"],
  outputs(g, [raw], { parameters }) {
    const limit = parameters.logitLimit;
    const logits = limit === undefined ? raw! : ops.clip(g, raw!, -limit, limit);
    const slope = evenFunction(g, logits, SLOPE, (a) => {
      const half = ops.div(g, g.scalar(0.5), tanhOfHalf(g, a));
      return ops.div(g, ops.sub(g, half, ops.div(g, g.scalar(1), a)), a);
    });
    const reconstruction = ops.add(g, ops.mul(g, logits, slope), g.scalar(0.5));
    return { reconstruction, logits };
  },
  scored: () => ["logits"],
  terms(g, x, { logits }) {
    const unnormalised = ops.sub(g, ops.softplus(g, logits!), ops.mul(g, x, logits!));
    const constant = evenFunction(g, logits!, LOG_NORMALISER, (a) =>
      ops.log(g, ops.div(g, a, tanhOfHalf(g, a))),
    );
    return ops.sub(g, unnormalised, constant);
  },
  referenceOutputs([raw], { parameters }) {
    const limit = parameters.logitLimit ?? Number.POSITIVE_INFINITY;
    const logits = Math.min(Math.max(raw!, -limit), limit);
    const exact = -1 / Math.expm1(-logits) - 1 / logits;
    const reconstruction = Math.abs(logits) < 1e-3 ? 0.5 + logits / 12 - logits ** 3 / 720 : exact;
    return { reconstruction, logits };
  },
  referenceTerm(x, { logits }) {
    const a = Math.abs(logits!);
    const constant = a < 1e-3 ? Math.LN2 + a ** 2 / 12 : Math.log(a / Math.tanh(a / 2));
    return softplus(logits!) - x * logits! - constant;
  },
};

function tanhOfHalf(g: GraphBuilder, a: Value): Value {
  return ops.tanh(g, ops.mul(g, a, g.scalar(0.5)));
}

/**
 * An even function of a without a branch, which no provider has to run twice: with m = max(|a|, SMALL) and
 * q = min(a^2, SMALL^2) it is closed(m) + series(q) - series(SMALL^2), one of which is constant on either side.
 */
function evenFunction(
  g: GraphBuilder,
  a: Value,
  series: readonly number[],
  closed: (m: Value) => Value,
): Value {
  const square = SMALL ** 2;
  const far = closed(ops.max(g, [ops.abs(g, a), g.scalar(SMALL)]));
  const near = ops.min(g, [ops.mul(g, a, a), g.scalar(square)]);
  const [constant = 0, ...powers] = series;
  const coefficients = [constant - polynomial(series, square), ...powers];
  const [last = 0, ...others] = coefficients.toReversed();
  const sum = others.reduce<Value>(
    (total, coefficient) => ops.add(g, ops.mul(g, total, near), g.scalar(coefficient)),
    g.scalar(last),
  );
  return ops.add(g, far, sum);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}
