/** Compares with SciPy and NumPy; golden/make-golden.py made the numbers and says how. */

import {
  choleskyFactor,
  diagonalEntropy,
  diagonalGaussian,
  diagonalKlDivergence,
  diagonalKlToStandardNormal,
  diagonalLogDensity,
  entropy,
  expectedQuadraticForm,
  gaussianFromCovariance,
  klDivergence,
  klToStandardNormal,
  logDensity,
  precisionMatrix,
  type SquareMatrix,
  squareMatrix,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import golden from "./golden/golden.json" with { type: "json" };
import { largestError, ROUNDING } from "./support.js";

const matrix = (rows: number[][]): SquareMatrix => squareMatrix(rows.length, rows.flat());

describe.each(golden.full)("full, case %$", (values) => {
  const p = gaussianFromCovariance(values.p.mean, matrix(values.p.covariance));
  const q = gaussianFromCovariance(values.q.mean, matrix(values.q.covariance));

  test.each<[string, number | Float64Array, number | number[]]>([
    ["factor", choleskyFactor(matrix(values.p.covariance)).data, values.factor.flat()],
    ["precision", precisionMatrix(p).data, values.precision.flat()],
    ["log-density", logDensity(p, values.point), values.logDensity],
    ["entropy", entropy(p), values.entropy],
    ["KL(P‖Q)", klDivergence(p, q), values.divergence],
    ["KL(P‖N(0, I))", klToStandardNormal(p), values.divergenceToStandardNormal],
    [
      "expected quadratic form",
      expectedQuadraticForm(p, values.centre, matrix(values.matrix)),
      values.expectedQuadraticForm,
    ],
  ])("%s", (_, actual, expected) => {
    expect(largestError(actual, expected)).toBeLessThan(ROUNDING);
  });
});

const integrated = golden.full.filter((values) => values.integratedDivergence !== undefined);

test.each(integrated)("KL(P‖Q) is the integral of p log(p / q), case %$", (values) => {
  const p = gaussianFromCovariance(values.p.mean, matrix(values.p.covariance));
  const q = gaussianFromCovariance(values.q.mean, matrix(values.q.covariance));
  expect(largestError(klDivergence(p, q), values.integratedDivergence!)).toBeLessThan(1e-9);
});

describe.each(golden.diagonal)("diagonal, case %$", (values) => {
  const p = diagonalGaussian(values.p.mean, values.p.logVariance);
  const q = diagonalGaussian(values.q.mean, values.q.logVariance);

  test.each([
    ["log-density", diagonalLogDensity(p, values.point), values.logDensity],
    ["entropy", diagonalEntropy(p), values.entropy],
    ["KL(P‖Q)", diagonalKlDivergence(p, q), values.divergence],
    ["KL(P‖N(0, I))", diagonalKlToStandardNormal(p), values.divergenceToStandardNormal],
  ])("%s", (_, actual, expected) => {
    expect(largestError(actual, expected)).toBeLessThan(ROUNDING);
  });
});
