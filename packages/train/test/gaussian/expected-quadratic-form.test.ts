/** Equations (3) and (4) of the notes, and the quadratic form in general. */

import {
  covarianceMatrix,
  expectedQuadraticForm,
  precisionMatrix,
  sample,
  squareMatrix,
} from "@vaeport/train/gaussian";
import { expect, test } from "vitest";
import { exampleGaussian, expectation, largestError, ROUNDING } from "./support.js";

const SIZES = [1, 2, 3, 4];

/** (x − a)ᵀ A (x − a), summed as written. */
function quadraticForm(x: Float64Array, a: Float64Array, matrix: Float64Array): number {
  const size = x.length;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      sum += (x[i]! - a[i]!) * matrix[i * size + j]! * (x[j]! - a[j]!);
    }
  }
  return sum;
}

test.each(SIZES)("equation (3): about its own mean in its own metric it is k = %i", (size) => {
  const p = exampleGaussian(size, 80 + size);
  expect(largestError(expectedQuadraticForm(p, p.mean, precisionMatrix(p)), size)).toBeLessThan(
    ROUNDING,
  );
});

test.each(SIZES)(
  "equation (4): tr(S₁ S₂⁻¹) + (m₁ − m₂)ᵀ S₂⁻¹ (m₁ − m₂) in %i dimensions",
  (size) => {
    const p = exampleGaussian(size, 90 + size);
    const q = exampleGaussian(size, 100 + size);
    const covariance = covarianceMatrix(p).data;
    const precision = precisionMatrix(q).data;
    let expected = quadraticForm(p.mean, q.mean, precision);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++)
        expected += covariance[i * size + j]! * precision[j * size + i]!;
    }
    const value = expectedQuadraticForm(p, q.mean, { size, data: precision });
    expect(largestError(value, expected)).toBeLessThan(ROUNDING);
  },
);

test.each(SIZES)("equals quadrature in %i dimensions, where it is exact", (size) => {
  const p = exampleGaussian(size, 110 + size);
  const centre = exampleGaussian(size, 120 + size).mean;
  const matrix = Float64Array.from({ length: size * size }, (_, at) => Math.sin(3 * at + 1));
  const expected = expectation(size, 2, (e) => quadraticForm(sample(p, e), centre, matrix));
  const value = expectedQuadraticForm(p, centre, squareMatrix(size, matrix));
  expect(largestError(value, expected)).toBeLessThan(ROUNDING);
});
