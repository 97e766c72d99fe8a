/**
 * Independent pixels in [0, 1] with density C(a) e^(a x) / (1 + e^a), a the logit:
 * Loaiza-Ganem and Cunningham, "The continuous Bernoulli" (2019).
 */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { type Likelihood, sumItems } from "./likelihood.js";

/**
 * Logits are held within this of 0, the logit of 1 - 2^-23. The density at x = 1 grows with the logit without end, so
 * that on data with pixels of exactly 0 or 1 the bound decides the value that training reaches: such numbers do not
 * transfer between programs with different bounds.
 */
export const LOGIT_LIMIT = Math.log(2 ** 23 - 1);

/** Nearer to 0 the closed forms lose digits, and the terms of the series that are taken give all that float32 has. */
const SMALL = 0.3;

export function continuousBernoulli(tf: TensorFlow): Likelihood {
  return {
    heads: [{ name: "logits", of: "value" }],
    parameters: ([logits]) => ({ logits: tf.clipByValue(logits!, -LOGIT_LIMIT, LOGIT_LIMIT) }),
    distortion(x, { logits }) {
      const unnormalised = tf.sub(tf.softplus(logits!), tf.mul(x, logits!));
      return sumItems(tf, tf.sub(unnormalised, logNormaliser(tf, logits!)));
    },
    mean: ({ logits }) => mean(tf, logits!),
    biasFor: inverseMean,
    constants: () => ({ logitLimit: LOGIT_LIMIT }),
  };
}

/**
 * log C(a) = log(a / tanh(a / 2)) = log 2 + a^2/12 - 7 a^4/1440 + 31 a^6/90720 - …, with its own derivative
 * 1 / a - 1 / sinh(a) = a/6 - 7 a^3/360 + 31 a^5/15120 - …
 */
function logNormaliser(tf: TensorFlow, a: Tensor): Tensor {
  const value = (logits: Tensor) =>
    nearZero(
      tf,
      logits,
      (safe) => tf.log(tf.div(safe, tf.tanh(tf.mul(safe, 0.5)))),
      (square) => polynomial(tf, square, [Math.LN2, 1 / 12, -7 / 1440, 31 / 90720]),
    );
  const derivative = (logits: Tensor) =>
    nearZero(
      tf,
      logits,
      (safe) => tf.sub(tf.div(1, safe), tf.div(1, tf.sinh(safe))),
      (square) => tf.mul(logits, polynomial(tf, square, [1 / 6, -7 / 360, 31 / 15120])),
    );
  const differentiable = tf.customGrad((logits, save) => {
    (save as GradSaver)([logits as Tensor]);
    return {
      value: value(logits as Tensor),
      gradFunc: (dy, [saved]) => tf.mul(dy, derivative(saved!)),
    };
  });
  return differentiable(a);
}

type GradSaver = (tensors: Tensor[]) => void;

/** E[x] = 1 / (1 - e^-a) - 1 / a = 1/2 + a/12 - a^3/720 + a^5/30240 - … */
function mean(tf: TensorFlow, a: Tensor): Tensor {
  return nearZero(
    tf,
    a,
    (safe) => tf.sub(tf.div(-1, tf.expm1(tf.neg(safe))), tf.div(1, safe)),
    (square) => {
      const odd = polynomial(tf, square, [1 / 12, -1 / 720, 1 / 30240]);
      return tf.add(tf.mul(a, odd), 0.5);
    },
  );
}

/** The series of a^2 for small a; else the closed form, which sees 1 in place of what it would divide by. */
function nearZero(
  tf: TensorFlow,
  a: Tensor,
  closed: (safe: Tensor) => Tensor,
  series: (square: Tensor) => Tensor,
): Tensor {
  const small = tf.less(tf.abs(a), SMALL);
  return tf.where(small, series(tf.square(a)), closed(tf.where(small, tf.onesLike(a), a)));
}

/** Horner's scheme; coefficients from the constant on. */
function polynomial(tf: TensorFlow, x: Tensor, coefficients: readonly number[]): Tensor {
  const [last, ...others] = coefficients.toReversed() as [number, ...number[]];
  return others.reduce<Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.fill(x.shape, last));
}

/** The logit of a mean, by bisection: the mean grows with the logit. */
function inverseMean(target: number): number {
  const at = (a: number) => (Math.abs(a) < 1e-4 ? 0.5 + a / 12 : -1 / Math.expm1(-a) - 1 / a);
  let [low, high] = [-LOGIT_LIMIT, LOGIT_LIMIT];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (at(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
