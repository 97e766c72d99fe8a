/** The Cholesky factor, the triangular solves, and every argument that is refused. */

import {
  choleskyFactor,
  covarianceMatrix,
  DimensionError,
  diagonalGaussian,
  GaussianError,
  gaussianFromCovariance,
  gaussianFromFactor,
  klDivergence,
  logDensity,
  NonFiniteError,
  NotCholeskyFactorError,
  NotPositiveDefiniteError,
  NotSymmetricError,
  precisionMatrix,
  sample,
  solveLower,
  solveLowerTransposed,
  squareMatrix,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import { exampleGaussian, largestError, ROUNDING, standardGaussian } from "./support.js";

describe("choleskyFactor", () => {
  test("finds the factor of a matrix multiplied out by hand", () => {
    const factor = choleskyFactor(squareMatrix(3, [4, 2, -6, 2, 10, 9, -6, 9, 38]));
    expect(Array.from(factor.data)).toEqual([2, 0, 0, 1, 3, 0, -3, 4, Math.sqrt(13)]);
  });

  test.each([1, 2, 3, 5, 8])(
    "recovers the factor that made a covariance in %i dimensions",
    (size) => {
      const { factor, mean } = exampleGaussian(size, size);
      const again = choleskyFactor(covarianceMatrix({ mean, factor }));
      expect(largestError(again.data, factor.data)).toBeLessThan(ROUNDING);
    },
  );

  test("accepts variances of very different units", () => {
    const factor = choleskyFactor(squareMatrix(2, [1e-20, 0.5e-10, 0.5e-10, 1]));
    expect(factor.data[0]).toBeCloseTo(1e-10, 20);
  });

  test("refuses what is not symmetric, but not the last digit of a symmetric sum", () => {
    expect(() => choleskyFactor(squareMatrix(2, [1, 0.2, 0.3, 1]))).toThrow(NotSymmetricError);
    expect(() => choleskyFactor(squareMatrix(2, [1, 0.3, 0.1 + 0.2, 1]))).not.toThrow();
  });

  test.each([
    ["an indefinite matrix", [1, 2, 2, 1]],
    ["a negative variance", [-1, 0, 0, 1]],
    ["a variance of zero", [0, 0, 0, 1]],
    ["a matrix of rank one, singular but for rounding", [0.01, 0.02, 0.02, 0.04]],
  ])("refuses %s", (_, values) => {
    expect(() => choleskyFactor(squareMatrix(2, values))).toThrow(NotPositiveDefiniteError);
  });
});

describe("triangular solves", () => {
  const lower = squareMatrix(3, [2, 0, 0, 1, 3, 0, -3, 4, 5]);

  test("solve systems worked by hand", () => {
    expect(Array.from(solveLower(lower, [2, 7, 20]))).toEqual([1, 2, 3]);
    expect(Array.from(solveLowerTransposed(lower, [-5, 18, 15]))).toEqual([1, 2, 3]);
  });

  test("together give the inverse covariance", () => {
    const gaussian = exampleGaussian(4, 11);
    const precision = precisionMatrix(gaussian).data;
    const covariance = covarianceMatrix(gaussian).data;
    const product = Array.from({ length: 16 }, (_, at) =>
      [0, 1, 2, 3].reduce(
        (s, n) => s + precision[at - (at % 4) + n]! * covariance[n * 4 + (at % 4)]!,
        0,
      ),
    );
    expect(largestError(product, standardGaussian(4).factor.data)).toBeLessThan(ROUNDING);
  });
});

describe("what is refused, and how", () => {
  const two = standardGaussian(2);
  test.each<[string, typeof GaussianError, RegExp, () => unknown]>([
    ["an odd number of values", DimensionError, /size \* size/, () => squareMatrix(2, [1, 0, 1])],
    ["NaN in a matrix", NonFiniteError, /NaN at index 1/, () => squareMatrix(2, [1, NaN, 0, 1])],
    ["an infinite mean", NonFiniteError, /index 0/, () => diagonalGaussian([Infinity], [0])],
    ["an empty mean", DimensionError, /empty/, () => diagonalGaussian([], [])],
    [
      "a short log-variance",
      DimensionError,
      /log-variance has 1/,
      () => diagonalGaussian([0, 0], [0]),
    ],
    [
      "a mean that does not fit",
      DimensionError,
      /mean has 1/,
      () => gaussianFromCovariance([0], squareMatrix(2, [1, 0, 0, 1])),
    ],
    [
      "a factor with an upper triangle",
      NotCholeskyFactorError,
      /entry \(0, 1\) of the factor is 2/,
      () => gaussianFromFactor([0, 0], squareMatrix(2, [1, 2, 0, 1])),
    ],
    [
      "a factor with a negative diagonal",
      NotCholeskyFactorError,
      /entry \(1, 1\) of the factor is -1/,
      () => gaussianFromFactor([0, 0], squareMatrix(2, [1, 0, 0, -1])),
    ],
    [
      "a point of another dimension",
      DimensionError,
      /point has 3/,
      () => logDensity(two, [0, 0, 0]),
    ],
    ["noise of another dimension", DimensionError, /noise has 1/, () => sample(two, [0])],
    [
      "two distributions of different dimensions",
      DimensionError,
      /klDivergence: the second distribution has 3/,
      () => klDivergence(two, standardGaussian(3)),
    ],
  ])("%s", (_, type, message, attempt) => {
    expect(attempt).toThrow(type);
    expect(attempt).toThrow(GaussianError);
    expect(attempt).toThrow(message);
  });
});
