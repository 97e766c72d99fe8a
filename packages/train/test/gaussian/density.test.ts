/** Log-density, samples and entropy against elimination, quadrature and closed forms. */

import {
  covarianceMatrix,
  diagonalEntropy,
  diagonalGaussian,
  diagonalLogDensity,
  diagonalSample,
  entropy,
  logDensity,
  sample,
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

const LOG_TWO_PI = Math.log(2 * Math.PI);
const diagonal = diagonalGaussian([0.3, -1.2, 2], [-1.5, 0, 0.8]);

describe("log-density", () => {
  test("of the standard normal at its mean is −k/2 log 2π", () => {
    expect(
      largestError(logDensity(standardGaussian(3), [0, 0, 0]), -1.5 * LOG_TWO_PI),
    ).toBeLessThan(ROUNDING);
  });

  test.each([1, 2, 3, 4])(
    "equals elimination without a Cholesky factor in %i dimensions",
    (size) => {
      const gaussian = exampleGaussian(size, 20 + size);
      const covariance = covarianceMatrix(gaussian).data;
      const point = exampleGaussian(size, 40 + size).mean;
      const expected = eliminatedLogDensity(gaussian.mean, covariance, point);
      expect(largestError(logDensity(gaussian, point), expected)).toBeLessThan(ROUNDING);
    },
  );

  test("of a distribution's own sample is −½|ε|² − Σ log L_ii − k/2 log 2π", () => {
    const gaussian = exampleGaussian(3, 5);
    const noise = [0.4, -1.7, 0.9];
    const { data } = gaussian.factor;
    const logs = Math.log(data[0]!) + Math.log(data[4]!) + Math.log(data[8]!);
    const expected = -(0.16 + 2.89 + 0.81) / 2 - logs - 1.5 * LOG_TWO_PI;
    expect(largestError(logDensity(gaussian, sample(gaussian, noise)), expected)).toBeLessThan(
      ROUNDING,
    );
  });

  test("of a diagonal distribution equals that of the same distribution in the full form", () => {
    const point = [1, 0.5, -0.7];
    const full = logDensity(toFullGaussian(diagonal), point);
    expect(largestError(diagonalLogDensity(diagonal, point), full)).toBeLessThan(ROUNDING);
  });
});

describe("sample", () => {
  test("reaches the mean and the covariance it is asked for (quadrature, exact)", () => {
    const gaussian = exampleGaussian(3, 7);
    const covariance = covarianceMatrix(gaussian).data;
    const gap = (noise: Float64Array, i: number) => sample(gaussian, noise)[i]! - gaussian.mean[i]!;
    for (let i = 0; i < 3; i++) {
      expect(
        largestError(
          expectation(3, 2, (e) => gap(e, i)),
          0,
        ),
      ).toBeLessThan(ROUNDING);
      for (let j = 0; j < 3; j++) {
        const moment = expectation(3, 2, (e) => gap(e, i) * gap(e, j));
        expect(largestError(moment, covariance[i * 3 + j]!)).toBeLessThan(ROUNDING);
      }
    }
  });

  test("scales diagonal noise to the variance exp(l) (quadrature, exact)", () => {
    diagonal.logVariance.forEach((l, i) => {
      const square = (e: Float64Array) =>
        (diagonalSample(diagonal, e)[i]! - diagonal.mean[i]!) ** 2;
      const variance = expectation(3, 2, square);
      expect(largestError(variance, Math.exp(l))).toBeLessThan(ROUNDING);
    });
  });

  test("of a diagonal distribution equals that of the same distribution in the full form", () => {
    const noise = [0.4, -1.7, 0.9];
    const full = sample(toFullGaussian(diagonal), noise);
    expect(largestError(diagonalSample(diagonal, noise), full)).toBeLessThan(ROUNDING);
  });
});

describe("entropy", () => {
  test("of N(0, 1) is ½ (1 + log 2π) = 1.4189385…", () => {
    expect(entropy(standardGaussian(1))).toBeCloseTo(1.4189385332046727, 14);
  });

  test.each([1, 2, 3, 4])(
    "equals the mean of −log p in %i dimensions (quadrature, exact)",
    (size) => {
      const gaussian = exampleGaussian(size, 60 + size);
      const covariance = covarianceMatrix(gaussian).data;
      const expected = expectation(size, 2, (noise) => {
        return -eliminatedLogDensity(gaussian.mean, covariance, sample(gaussian, noise));
      });
      expect(largestError(entropy(gaussian), expected)).toBeLessThan(ROUNDING);
    },
  );

  test("of a diagonal distribution equals that of the same distribution in the full form", () => {
    const full = entropy(toFullGaussian(diagonal));
    expect(largestError(diagonalEntropy(diagonal), full)).toBeLessThan(ROUNDING);
  });
});
