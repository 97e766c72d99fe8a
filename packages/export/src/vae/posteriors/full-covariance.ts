/**
 * The posterior N(m, L L') of full covariance. The encoder model gives m, the log-variance s and a matrix, and
 * L = diag(e^(s/2)) + the part of the matrix below its diagonal: https://arxiv.org/abs/1906.02691, section 2.5.1.
 */
import type { GraphBuilder } from "../../ir/builder.js";
import * as ops from "../../ir/ops/index.js";
import type { Value } from "../../ir/types.js";
import type { Posterior } from "./posterior.js";

export const fullCovariance: Posterior = {
  heads: (k) => [[k], [k], [k, k]],
  tensors: (k) => [
    ["mean", [k]],
    ["scale_tril", [k, k]],
  ],
  outputs(g, [mean, logVariance, matrix]) {
    const k = Number(mean!.shape[1]);
    const deviation = ops.exp(g, ops.mul(g, logVariance!, g.scalar(0.5)));
    const onDiagonal = ops.mul(g, ops.unsqueeze(g, deviation, 1), mask(g, "diagonal", k));
    const below = ops.mul(g, matrix!, mask(g, "below", k));
    return { mean: mean!, scale_tril: ops.add(g, below, onDiagonal) };
  },

  /** 1/2 (|L|^2 + |m|^2 - k) - sum of log L_jj. */
  rate(g, { mean, scale_tril }) {
    const k = Number(mean!.shape[1]);
    const onDiagonal = ops.mul(g, scale_tril!, mask(g, "diagonal", k));
    const diagonal = ops.reduceSum(g, onDiagonal, { axes: [2], keep: false });
    const squares = ops.reduceSum(g, ops.mul(g, scale_tril!, scale_tril!), {
      axes: [2],
      keep: false,
    });
    const terms = ops.sub(g, ops.add(g, squares, ops.mul(g, mean!, mean!)), g.scalar(1));
    const rates = ops.sub(g, ops.mul(g, terms, g.scalar(0.5)), ops.log(g, diagonal));
    return ops.reduceSum(g, rates, { axes: [1], keep: true });
  },
  referenceOutputs([mean, logVariance, matrix]) {
    const k = mean!.length;
    const scale_tril = matrix!.map((value, at) => {
      const [row, column] = [Math.floor(at / k), at % k];
      if (row === column) return Math.exp(logVariance![row]! / 2);
      return column < row ? value : 0;
    });
    return { mean: mean!, scale_tril };
  },
  referenceSample({ mean, scale_tril }, noise) {
    const k = mean!.length;
    return mean!.map((m, row) =>
      noise.reduce((sum, value, column) => sum + scale_tril![row * k + column]! * value, m),
    );
  },
  referenceRate({ mean, scale_tril }) {
    const k = mean!.length;
    const squares = [...mean!, ...scale_tril!].reduce((sum, value) => sum + value * value, -k);
    return mean!.reduce((sum, _, j) => sum - Math.log(scale_tril![j * (k + 1)]!), squares / 2);
  },
};

/** [k, k], 1 on the diagonal or below it and 0 elsewhere. */
function mask(g: GraphBuilder, which: "diagonal" | "below", k: number): Value {
  const data = Float32Array.from({ length: k * k }, (_, at) => {
    const [row, column] = [Math.floor(at / k), at % k];
    return +(which === "below" ? column < row : column === row);
  });
  return g.constant(which, data, [k, k]);
}
