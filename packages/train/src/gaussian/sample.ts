/** Draws from a normal distribution as a smooth function of its parameters and of given noise. */

import { requireDimension } from "./checks.js";
import type { DiagonalGaussian, FullGaussian } from "./gaussian.js";

/**
 * z = m + L ε, distributed as N(m, L Lᵀ) when ε is N(0, I).
 *
 * Source: the reparameterisation of Kingma & Welling, Auto-Encoding Variational Bayes
 * (arXiv 1312.6114), §2.4.
 *
 * @param noise ε `[k]`
 * @returns z `[k]`
 */
export function sample({ mean, factor }: FullGaussian, noise: ArrayLike<number>): Float64Array {
  const { size, data } = factor;
  requireDimension("sample", "the noise", noise.length, size);
  return mean.map((centre, i) => {
    let value = centre;
    for (let j = 0; j <= i; j++) value += data[i * size + j]! * noise[j]!;
    return value;
  });
}

/**
 * z = m + exp(l / 2) ε, distributed as N(m, diag(exp(l))) when ε is N(0, I).
 *
 * The scale is the standard deviation exp(l / 2) = σ. Scaling by l / 2 itself is a fault that no
 * shape check finds: at l = 0, where σ = 1, it adds no noise at all.
 *
 * @param noise ε `[k]`
 * @returns z `[k]`
 */
export function diagonalSample(
  { mean, logVariance }: DiagonalGaussian,
  noise: ArrayLike<number>,
): Float64Array {
  requireDimension("diagonalSample", "the noise", noise.length, mean.length);
  return mean.map((centre, i) => centre + Math.exp(logVariance[i]! / 2) * noise[i]!);
}
