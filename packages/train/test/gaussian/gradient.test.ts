/** Every gradient against central differences in float64. */

import {
  type DiagonalGaussian,
  type DiagonalGradient,
  diagonalGaussian,
  diagonalKlDivergence,
  diagonalKlGradient,
  diagonalKlToStandardNormal,
  diagonalKlToStandardNormalGradient,
  diagonalPathwiseGradient,
  diagonalSample,
  expectedQuadraticForm,
  type FullGaussian,
  type FullGradient,
  klDivergence,
  klGradient,
  klToStandardNormal,
  klToStandardNormalGradient,
  pathwiseGradient,
  sample,
  squareMatrix,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import {
  exampleGaussian,
  expectation,
  largestError,
  numericalGradient,
  ROUNDING,
} from "./support.js";

const SIZES = [1, 2, 3, 4];
/** Bound on the error against central differences; they differ by about 1e-10. */
const TOLERANCE = 1e-7;

const isLower = (size: number, at: number) => at % size <= Math.floor(at / size);

/** m and the lower triangle of L in one vector, as differences are taken in them. */
function pack({ mean, factor }: FullGaussian): number[] {
  return [...mean, ...factor.data.filter((_, at) => isLower(factor.size, at))];
}

function unpack(size: number, packed: Float64Array): FullGaussian {
  const lower = Array.from(packed.slice(size));
  const data = Float64Array.from({ length: size * size }, (_, at) =>
    isLower(size, at) ? lower.shift()! : 0,
  );
  return { mean: packed.slice(0, size), factor: { size, data } };
}

/** The largest error of `gradient`, upper triangle included, against differences of `f` at `p`. */
function fullError(
  gradient: FullGradient,
  f: (p: FullGaussian) => number,
  p: FullGaussian,
): number {
  const size = p.mean.length;
  const expected = unpack(
    size,
    numericalGradient((at) => f(unpack(size, at)), pack(p)),
  );
  const list = ({ mean, factor }: FullGradient) => [...mean, ...factor.data];
  return largestError(list(gradient), list(expected));
}

/** The largest error of `gradient` against differences of `f` at `p`. */
function diagonalError(
  gradient: DiagonalGradient,
  f: (p: DiagonalGaussian) => number,
  p: DiagonalGaussian,
): number {
  const size = p.mean.length;
  const expected = numericalGradient(
    (at) => f({ mean: at.slice(0, size), logVariance: at.slice(size) }),
    [...p.mean, ...p.logVariance],
  );
  return largestError([...gradient.mean, ...gradient.logVariance], expected);
}

/** A smooth function that is no polynomial, and its gradient. */
const smooth = (z: Float64Array) => z.reduce((sum, v, i) => sum + Math.sin(v + i) * (v - i), 0);
const smoothGradient = (z: Float64Array) =>
  z.map((v, i) => Math.cos(v + i) * (v - i) + Math.sin(v + i));

describe.each(SIZES)("full, %i dimensions: the gradient equals central differences", (size) => {
  const p = exampleGaussian(size, 200 + size);
  const q = exampleGaussian(size, 210 + size);

  test("of KL(P‖Q)", () => {
    const error = fullError(klGradient(p, q), (at) => klDivergence(at, q), p);
    expect(error).toBeLessThan(TOLERANCE);
  });

  test("of KL(P‖N(0, I))", () => {
    const error = fullError(klToStandardNormalGradient(p), klToStandardNormal, p);
    expect(error).toBeLessThan(TOLERANCE);
  });

  test("through a sample", () => {
    const noise = q.mean;
    const gradient = pathwiseGradient(noise, smoothGradient(sample(p, noise)));
    const error = fullError(gradient, (at) => smooth(sample(at, noise)), p);
    expect(error).toBeLessThan(TOLERANCE);
  });
});

describe("diagonal: the gradient equals central differences", () => {
  const p = diagonalGaussian([0.3, -1.2, 2], [-1.5, 0, 0.8]);
  const q = diagonalGaussian([-0.4, 0.1, 1.5], [0.6, -0.9, 0.2]);

  test("of KL(P‖Q)", () => {
    const error = diagonalError(diagonalKlGradient(p, q), (at) => diagonalKlDivergence(at, q), p);
    expect(error).toBeLessThan(TOLERANCE);
  });

  test("of KL(P‖N(0, I))", () => {
    const gradient = diagonalKlToStandardNormalGradient(p);
    expect(diagonalError(gradient, diagonalKlToStandardNormal, p)).toBeLessThan(TOLERANCE);
  });

  test("through a sample", () => {
    const noise = [0.7, -1.1, 0.2];
    const gradient = diagonalPathwiseGradient(p, noise, smoothGradient(diagonalSample(p, noise)));
    const error = diagonalError(gradient, (at) => smooth(diagonalSample(at, noise)), p);
    expect(error).toBeLessThan(TOLERANCE);
  });
});

test.each(SIZES)("the gradient vanishes at P = Q in %i dimensions", (size) => {
  const p = exampleGaussian(size, 220 + size);
  const { mean, factor } = klGradient(p, p);
  const zeros = new Float64Array(size + size * size);
  expect(largestError([...mean, ...factor.data], zeros)).toBeLessThan(ROUNDING);
});

test("the mean pathwise gradient is the gradient of the mean (quadrature, exact)", () => {
  const size = 3;
  const p = exampleGaussian(size, 230);
  const centre = exampleGaussian(size, 231).mean;
  const matrix = squareMatrix(size, [2, 0.3, -0.4, 0.3, 1, 0.5, -0.4, 0.5, 3]);
  const slope = (z: Float64Array) =>
    z.map((_, i) => {
      const row = matrix.data.subarray(i * size, (i + 1) * size);
      return row.reduce((sum, value, j) => sum + 2 * value * (z[j]! - centre[j]!), 0);
    });
  const gradient = (noise: Float64Array) => pathwiseGradient(noise, slope(sample(p, noise)));
  const average: FullGradient = {
    mean: p.mean.map((_, i) => expectation(size, 2, (e) => gradient(e).mean[i]!)),
    factor: {
      size,
      data: p.factor.data.map((_, at) => expectation(size, 2, (e) => gradient(e).factor.data[at]!)),
    },
  };
  const error = fullError(average, (at) => expectedQuadraticForm(at, centre, matrix), p);
  expect(error).toBeLessThan(TOLERANCE);
});
