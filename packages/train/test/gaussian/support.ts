/** Independent means of checking the Gaussian reference: quadrature, elimination, differences. */

import { seededNormal } from "@vaeport/infer/random";
import { type FullGaussian, gaussianFromFactor, squareMatrix } from "@vaeport/train/gaussian";

/** Bound of {@link largestError} where two float64 routes lead to one number; they differ by about 1e-14. */
export const ROUNDING = 1e-12;

/**
 * The largest |actual − expected| / max(1, |expected|); NaN, which no bound admits, where a length
 * or a number is wrong.
 */
export function largestError(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
): number {
  const got = typeof actual === "number" ? [actual] : Array.from(actual);
  const wanted = typeof expected === "number" ? [expected] : Array.from(expected);
  if (got.length !== wanted.length) return Number.NaN;
  return Math.max(
    ...got.map((a, i) => Math.abs(a - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!))),
  );
}

/** A Gaussian in `size` dimensions with no special structure, made from `seed`. */
export function exampleGaussian(size: number, seed: number): FullGaussian {
  const numbers = seededNormal(seed, size + size * size);
  const factor = Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    const value = numbers[size + at]!;
    if (row === column) return Math.exp(value / 2);
    return column < row ? value : 0;
  });
  return gaussianFromFactor(numbers.slice(0, size), squareMatrix(size, factor));
}

/** N(0, I) in `size` dimensions. */
export function standardGaussian(size: number): FullGaussian {
  const identity = Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  return gaussianFromFactor(new Float64Array(size), squareMatrix(size, identity));
}

/** Nodes and weights of Gauss-Hermite quadrature for N(0, 1), exact to degree 2 · nodes − 1. */
const RULES = {
  2: { nodes: [-1, 1], weights: [1 / 2, 1 / 2] },
  3: { nodes: [-Math.sqrt(3), 0, Math.sqrt(3)], weights: [1 / 6, 2 / 3, 1 / 6] },
};

/**
 * E[f(ε)] for ε ~ N(0, I) `[size]`, as the product rule. With 2 nodes a dimension it is exact for
 * polynomials of degree 3 in each, so for every log-ratio of Gaussians; with 3, to degree 5.
 */
export function expectation(
  size: number,
  nodes: 2 | 3,
  f: (noise: Float64Array) => number,
): number {
  const rule = RULES[nodes];
  const noise = new Float64Array(size);
  const sumFrom = (dimension: number): number => {
    if (dimension === size) return f(noise);
    return rule.nodes.reduce((sum, node, i) => {
      noise[dimension] = node;
      return sum + rule.weights[i]! * sumFrom(dimension + 1);
    }, 0);
  };
  return sumFrom(0);
}

/**
 * log N(x; m, S) straight from its definition: determinant and S⁻¹ (x − m) by Gauss-Jordan
 * elimination with row exchanges, no Cholesky factor anywhere.
 */
export function eliminatedLogDensity(
  mean: ArrayLike<number>,
  covariance: ArrayLike<number>,
  point: ArrayLike<number>,
): number {
  const size = mean.length;
  const gap = Array.from(mean, (value, i) => point[i]! - value);
  const rows = gap.map((value, i) => [
    ...Array.from({ length: size }, (_, j) => covariance[i * size + j]!),
    value,
  ]);
  let determinant = 1;
  for (let column = 0; column < size; column++) {
    const candidates = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivotAt = column + candidates.indexOf(Math.max(...candidates));
    const pivotRow = rows[pivotAt]!;
    if (pivotAt !== column) determinant = -determinant;
    rows[pivotAt] = rows[column]!;
    const pivot = pivotRow[column]!;
    determinant *= pivot;
    rows[column] = pivotRow.map((value) => value / pivot);
    for (let other = 0; other < size; other++) {
      if (other === column) continue;
      const times = rows[other]![column]!;
      rows[other] = rows[other]!.map((value, j) => value - times * rows[column]![j]!);
    }
  }
  const distance = gap.reduce((sum, value, i) => sum + value * rows[i]![size]!, 0);
  return -(size * Math.log(2 * Math.PI) + Math.log(determinant) + distance) / 2;
}

/** The gradient of `f` at `point` by central differences: error about 1e-10 for numbers near 1. */
export function numericalGradient(
  f: (point: Float64Array) => number,
  point: ArrayLike<number>,
): Float64Array {
  const step = 1e-5;
  return Float64Array.from(point, (_, i) => {
    const moved = (by: number) => Float64Array.from(point, (v, j) => (j === i ? v + by : v));
    return (f(moved(step)) - f(moved(-step))) / (2 * step);
  });
}
