/** The divergence against means over samples, whose error is known exactly. */

import { seededNormal } from "@vaeport/infer/random";
import {
  type DiagonalGaussian,
  diagonalGaussian,
  diagonalKlToStandardNormal,
  diagonalLogDensity,
  diagonalSample,
  klDivergence,
  logDensity,
  logRatioVariance,
  sample,
  toFullGaussian,
} from "@vaeport/train/gaussian";
import { describe, expect, test } from "vitest";
import {
  exampleGaussian,
  expectation,
  largestError,
  ROUNDING,
  standardGaussian,
} from "./support.js";

const DRAWS = 100_000;

/** The mean of `f` over draws of noise `[size]`. */
function average(size: number, seed: number, f: (noise: Float64Array) => number): number {
  const noise = Float64Array.from(seededNormal(seed, DRAWS * size));
  let sum = 0;
  for (let at = 0; at < noise.length; at += size) sum += f(noise.subarray(at, at + size));
  return sum / DRAWS;
}

describe.each([1, 2, 3, 4])("in %i dimensions", (size) => {
  const p = exampleGaussian(size, 240 + size);
  const q = exampleGaussian(size, 250 + size);
  const logRatio = (noise: Float64Array) => {
    const x = sample(p, noise);
    return logDensity(p, x) - logDensity(q, x);
  };

  test("logRatioVariance equals the variance by quadrature, exact with 3 nodes", () => {
    const mean = expectation(size, 3, logRatio);
    const variance = expectation(size, 3, (e) => (logRatio(e) - mean) ** 2);
    expect(largestError(logRatioVariance(p, q), variance)).toBeLessThan(ROUNDING);
  });

  test("the mean log-ratio of samples is the KL within 4 standard errors", () => {
    const standardError = Math.sqrt(logRatioVariance(p, q) / DRAWS);
    const z = (average(size, 260 + size, logRatio) - klDivergence(p, q)) / standardError;
    expect(Math.abs(z)).toBeLessThan(4);
  });
});

describe("an encoder's distribution against the prior", () => {
  const posterior = diagonalGaussian([0.8, -0.5, 0], [-2, -0.7, -0.1]);
  const prior = diagonalGaussian([0, 0, 0], [0, 0, 0]);
  const variance = logRatioVariance(toFullGaussian(posterior), standardGaussian(3));

  /** Standard errors between the mean log-ratio of the sampler's draws and the KL reported. */
  function deviation(sampler: (p: DiagonalGaussian, noise: Float64Array) => Float64Array): number {
    const mean = average(3, 270, (noise) => {
      const z = sampler(posterior, noise);
      return diagonalLogDensity(posterior, z) - diagonalLogDensity(prior, z);
    });
    return (mean - diagonalKlToStandardNormal(posterior)) / Math.sqrt(variance / DRAWS);
  }

  test("its own samples give the KL it reports", () => {
    expect(Math.abs(deviation(diagonalSample))).toBeLessThan(4);
  });

  test("noise scaled by half the log-variance does not", () => {
    const faulty = deviation(({ mean, logVariance }, noise) =>
      mean.map((m, i) => m + (logVariance[i]! / 2) * noise[i]!),
    );
    expect(Math.abs(faulty)).toBeGreaterThan(50);
  });
});
