/** The gradient that reaches a distribution's parameters through one of its samples. */

import { requireDimension } from "./checks.js";
import type { DiagonalGaussian } from "./gaussian.js";
import type { DiagonalGradient, FullGradient } from "./gradient.js";

/**
 * The gradient of f(z) at z = m + L ε in m and L, with g = ∂f/∂z: ∂m = g, ∂L = tril(g εᵀ).
 *
 * Source: the chain rule through `sample`. Averaged over ε it estimates the gradient of E[f(z)]
 * (Kingma & Welling, arXiv 1312.6114, §2.4).
 *
 * @param noise ε `[k]` that made the sample
 * @param sampleGradient g `[k]`
 */
export function pathwiseGradient(
  noise: ArrayLike<number>,
  sampleGradient: ArrayLike<number>,
): FullGradient {
  const size = noise.length;
  requireDimension("pathwiseGradient", "the sample's gradient", sampleGradient.length, size);
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) factor[i * size + j] = sampleGradient[i]! * noise[j]!;
  }
  return { mean: Float64Array.from(sampleGradient), factor: { size, data: factor } };
}

/**
 * The gradient of f(z) at z = m + exp(l / 2) ε in m and l, with g = ∂f/∂z:
 * ∂m = g, ∂l = ½ ε exp(l / 2) g.
 *
 * @param noise ε `[k]` that made the sample
 * @param sampleGradient g `[k]`
 */
export function diagonalPathwiseGradient(
  { logVariance }: DiagonalGaussian,
  noise: ArrayLike<number>,
  sampleGradient: ArrayLike<number>,
): DiagonalGradient {
  const size = logVariance.length;
  requireDimension("diagonalPathwiseGradient", "the noise", noise.length, size);
  requireDimension(
    "diagonalPathwiseGradient",
    "the sample's gradient",
    sampleGradient.length,
    size,
  );
  const scaled = (l: number, i: number) => (noise[i]! * Math.exp(l / 2) * sampleGradient[i]!) / 2;
  return { mean: Float64Array.from(sampleGradient), logVariance: logVariance.map(scaled) };
}
