/** The full-covariance posterior against the float64 reference, and against the diagonal one that it contains. */
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import { logPriorRatio, rate, rates, samplePosterior } from "@vaeport/train";
import {
  gaussianFromCovariance,
  klDivergence,
  klGradient,
  logDensity,
  sample,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import { fullPosterior } from "../src/vae/posterior/index.js";
import { numbers, tf } from "./support.js";

const [n, k] = [4, 5];
const mean = numbers(n * k, -2, 2, 1);
const logVariance = numbers(n * k, -2, 1, 2);
const lower = numbers(n * k * k, -1, 1, 3); // what lies on and above the diagonal must not matter
const noise = numbers(3 * n * k, -2, 2, 4);

const full = (above = 0) => {
  const matrix = lower.map((value, at) => {
    const [row, column] = [Math.floor(at / k) % k, at % k];
    return column >= row ? value + above : value;
  });
  return fullPosterior(
    tf,
    tf.tensor2d(mean, [n, k]),
    tf.tensor2d(logVariance, [n, k]),
    tf.tensor3d(matrix, [n, k, k]),
  );
};

/** The same in float64: of item i, the factor [k, k] and the distribution with its covariance. */
function reference(i: number) {
  const factor = Array.from({ length: k * k }, (_, at) => {
    const [row, column] = [Math.floor(at / k), at % k];
    if (row === column) return Math.exp(logVariance[i * k + row]! / 2);
    return column < row ? lower[i * k * k + at]! : 0;
  });
  const covariance = Float64Array.from({ length: k * k }, (_, at) => {
    const [row, column] = [Math.floor(at / k), at % k];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += factor[row * k + j]! * factor[column * k + j]!;
    return sum;
  });
  const q = gaussianFromCovariance(mean.slice(i * k, (i + 1) * k), { size: k, data: covariance });
  return { factor, q };
}

const prior = gaussianFromCovariance(Array<number>(k).fill(0), {
  size: k,
  data: Float64Array.from({ length: k * k }, (_, at) => +(at % (k + 1) === 0)),
});

const close = (found: number, exact: number, tolerance = 3e-6) =>
  expect(Math.abs(found - exact)).toBeLessThan(tolerance * Math.max(1, Math.abs(exact)));

describe("the full-covariance posterior", () => {
  test("has the factor that the reference has, whatever lies on and above the diagonal", () => {
    const found = full().scaleTril.dataSync();
    for (let i = 0; i < n; i++) {
      reference(i).factor.forEach((value, at) => {
        close(found[i * k * k + at]!, value);
      });
    }
    expect(full(7).scaleTril.dataSync()).toEqual(found);
  });

  test("its rate is the general KL divergence, and splits over the dimensions", () => {
    const found = rate(tf, full()).dataSync();
    const parts = rates(tf, full());
    expect(parts.shape).toEqual([n, k]);
    expect(tf.min(parts).dataSync()[0]).toBeGreaterThanOrEqual(0);
    const sums = tf.sum(parts, 1).dataSync();
    for (let i = 0; i < n; i++) {
      const exact = klDivergence(reference(i).q, prior);
      close(found[i]!, exact);
      close(sums[i]!, exact);
    }
  });

  test("its rate has the reference's gradient", () => {
    const gradient = tf.grads((m, s, l) =>
      tf.sum(rate(tf, fullPosterior(tf, m as Tensor2D, s as Tensor2D, l as Tensor3D))),
    );
    const inputs = [
      tf.tensor2d(mean, [n, k]),
      tf.tensor2d(logVariance, [n, k]),
      tf.tensor3d(lower, [n, k, k]),
    ];
    const [dMean, dLogVariance, dLower] = gradient(inputs).map((g) => g.dataSync<"float32">());
    for (let i = 0; i < n; i++) {
      const { q, factor } = reference(i);
      const exact = klGradient(q, prior);
      for (let row = 0; row < k; row++) {
        close(dMean![i * k + row]!, exact.mean[row]!);
        // d/d log_variance = L_jj / 2 d/d L_jj
        const onDiagonal = exact.factor.data[row * (k + 1)]! * (factor[row * (k + 1)]! / 2);
        close(dLogVariance![i * k + row]!, onDiagonal);
        for (let column = 0; column < k; column++) {
          const expected = column < row ? exact.factor.data[row * k + column]! : 0;
          close(dLower![(i * k + row) * k + column]!, expected);
        }
      }
    }
  });

  test("draws mean + L noise, several for each item, with their log-ratios of the densities", () => {
    const draws = tf.tensor3d(noise, [3, n, k]);
    const z = samplePosterior(tf, full(), draws);
    const ratios = logPriorRatio(tf, full(), draws, z);
    expect([z.shape, ratios.shape]).toEqual([
      [3, n, k],
      [3, n],
    ]);
    const [values, ratio] = [z.dataSync(), ratios.dataSync()];
    for (let draw = 0; draw < 3 * n; draw++) {
      const { q } = reference(draw % n);
      const own = Float64Array.from(noise.slice(draw * k, (draw + 1) * k));
      const exact = sample(q, own);
      exact.forEach((value, j) => {
        close(values[draw * k + j]!, value);
      });
      close(ratio[draw]!, logDensity(prior, exact) - logDensity(q, exact), 1e-5);
    }
  });

  test("is the diagonal one where the matrix is zero", () => {
    const [m, s] = [tf.tensor2d(mean, [n, k]), tf.tensor2d(logVariance, [n, k])];
    const general = fullPosterior(tf, m, s, tf.zeros([n, k, k]) as Tensor3D);
    const diagonal = { mean: m, logVariance: s };
    const draws = tf.tensor2d(noise.slice(0, n * k), [n, k]);
    const pairs = [
      [rates(tf, general), rates(tf, diagonal)],
      [samplePosterior(tf, general, draws), samplePosterior(tf, diagonal, draws)],
    ] as const;
    for (const [a, b] of pairs) {
      expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]).toBeLessThan(1e-6);
    }
  });
});
