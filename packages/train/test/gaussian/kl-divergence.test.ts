/** The divergence, equation (5) of the notes corrected, against quadrature and values worked by hand. */

import {
  covarianceMatrix,
  diagonalGaussian,
  diagonalKlDivergence,
  diagonalKlToStandardNormal,
  entropy,
  expectedQuadraticForm,
  type FullGaussian,
  gaussianFromCovariance,
  klDivergence,
  klToStandardNormal,
  precisionMatrix,
  sample,
  squareMatrix,
  toFullGaussian,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import {
  eliminatedLogDensity,
  exampleGaussian,
  expectation,
  largestError,
  ROUNDING,
  standardGaussian,
} from "./support.js";

const SIZES = [1, 2, 3, 4];
const p = diagonalGaussian([0.3, -1.2, 2], [-1.5, 0, 0.8]);
const q = diagonalGaussian([-0.4, 0.1, 1.5], [0.6, -0.9, 0.2]);

/** log p(x) − log q(x) without any Cholesky factor. */
function logRatio(from: FullGaussian, to: FullGaussian, x: Float64Array): number {
  const logP = eliminatedLogDensity(from.mean, covarianceMatrix(from).data, x);
  return logP - eliminatedLogDensity(to.mean, covarianceMatrix(to).data, x);
}

/** What equation (5) of the notes says as it is printed. */
function asPrinted(from: FullGaussian, to: FullGaussian): number {
  const halfLogRatio = entropy(to) - entropy(from);
  const size = from.mean.length;
  return halfLogRatio + size + expectedQuadraticForm(from, to.mean, precisionMatrix(to));
}

describe("KL(P‖Q) in general", () => {
  test.each(SIZES)("equals the mean log-ratio in %i dimensions (quadrature, exact)", (size) => {
    const from = exampleGaussian(size, 130 + size);
    const to = exampleGaussian(size, 140 + size);
    const expected = expectation(size, 2, (e) => logRatio(from, to, sample(from, e)));
    expect(largestError(klDivergence(from, to), expected)).toBeLessThan(ROUNDING);
  });

  test.each(SIZES)("equals the formula as written in %i dimensions", (size) => {
    const from = exampleGaussian(size, 150 + size);
    const to = exampleGaussian(size, 160 + size);
    const quadratic = expectedQuadraticForm(from, to.mean, precisionMatrix(to));
    const expected = (2 * (entropy(to) - entropy(from)) - size + quadratic) / 2;
    expect(largestError(klDivergence(from, to), expected)).toBeLessThan(ROUNDING);
  });

  test.each(SIZES)("to N(0, I) is the same from both functions in %i dimensions", (size) => {
    const from = exampleGaussian(size, 170 + size);
    const general = klDivergence(from, standardGaussian(size));
    expect(largestError(klToStandardNormal(from), general)).toBeLessThan(ROUNDING);
  });

  test.each(SIZES)("is 0 for P = Q in %i dimensions, where the notes' (5) prints 2k", (size) => {
    const same = exampleGaussian(size, 180 + size);
    expect(klDivergence(same, same)).toBe(0);
    expect(largestError(asPrinted(same, same), 2 * size)).toBeLessThan(ROUNDING);
  });

  test("near P = Q keeps its digits: KL(N(0, 1 + δ)‖N(0, 1)) is δ²/4 to leading order", () => {
    const nearly = gaussianFromCovariance([0], squareMatrix(1, [1 + 2 ** -20]));
    const exact = 2 ** -42 * (1 - (2 / 3) * 2 ** -20);
    expect(Math.abs(klToStandardNormal(nearly) / exact - 1)).toBeLessThan(1e-9);
  });

  test("is not symmetric: the example of docs/mathematics.md", () => {
    const narrow = gaussianFromCovariance([0], squareMatrix(1, [1]));
    const wide = gaussianFromCovariance([0], squareMatrix(1, [4]));
    expect(klDivergence(narrow, wide)).toBeCloseTo(Math.log(2) - 3 / 8, 14);
    expect(klDivergence(narrow, wide)).toBeCloseTo(0.3181, 4);
    expect(klDivergence(wide, narrow)).toBeCloseTo(3 / 2 - Math.log(2), 14);
    expect(klDivergence(wide, narrow)).toBeCloseTo(0.8069, 4);
  });

  test("is symmetric where the covariances are equal", () => {
    const covariance = squareMatrix(2, [2, 0.6, 0.6, 1]);
    const here = gaussianFromCovariance([0, 0], covariance);
    const there = gaussianFromCovariance([1, -2], covariance);
    const forward = klDivergence(here, there);
    expect(largestError(forward, klDivergence(there, here))).toBeLessThan(ROUNDING);
    expect(forward).toBeGreaterThan(1);
  });
});

describe("KL(P‖Q) of diagonal distributions", () => {
  test("equals the general formula", () => {
    const general = klDivergence(toFullGaussian(p), toFullGaussian(q));
    expect(largestError(diagonalKlDivergence(p, q), general)).toBeLessThan(ROUNDING);
    const toPrior = klToStandardNormal(toFullGaussian(p));
    expect(largestError(diagonalKlToStandardNormal(p), toPrior)).toBeLessThan(ROUNDING);
  });

  test("to N(0, 1) has the values worked by hand", () => {
    expect(diagonalKlToStandardNormal(diagonalGaussian([0, 0], [0, 0]))).toBe(0);
    expect(diagonalKlToStandardNormal(diagonalGaussian([3], [0]))).toBe(4.5);
    const quarter = diagonalGaussian([1], [Math.log(1 / 4)]);
    expect(diagonalKlToStandardNormal(quarter)).toBeCloseTo(1 / 8 + Math.log(2), 14);
  });

  test("is 0 for P = Q", () => {
    expect(diagonalKlDivergence(p, p)).toBe(0);
  });
});
