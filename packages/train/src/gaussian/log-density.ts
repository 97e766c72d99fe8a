/** The logarithm of the normal density, in nats. */

import { requireDimension } from "./checks.js";
import { halfLogDeterminant } from "./cholesky.js";
import type { DiagonalGaussian, FullGaussian } from "./gaussian.js";
import { LOG_TWO_PI } from "./log-two-pi.js";
import { solveLower } from "./triangular.js";

/**
 * log N(x; m, S) = −½ [k log 2π + log|S| + (x − m)ᵀ S⁻¹ (x − m)], in nats.
 *
 * With S = L Lᵀ the last two terms are 2 Σ log L_ii and |L⁻¹ (x − m)|².
 * Source: the expansion of log P(x) that the notes make between (1) and (2).
 *
 * @param point x `[k]`
 */
export function logDensity(gaussian: FullGaussian, point: ArrayLike<number>): number {
  const { mean, factor } = gaussian;
  requireDimension("logDensity", "the point", point.length, mean.length);
  const whitened = solveLower(
    factor,
    mean.map((centre, i) => point[i]! - centre),
  );
  const distance = whitened.reduce((sum, value) => sum + value * value, 0);
  return -(mean.length * LOG_TWO_PI + distance) / 2 - halfLogDeterminant(factor);
}

/**
 * log N(x; m, diag(exp(l))) = −½ Σ [log 2π + l + (x − m)² exp(−l)], in nats.
 *
 * @param point x `[k]`
 */
export function diagonalLogDensity(gaussian: DiagonalGaussian, point: ArrayLike<number>): number {
  const { mean, logVariance } = gaussian;
  requireDimension("diagonalLogDensity", "the point", point.length, mean.length);
  let sum = 0;
  mean.forEach((centre, i) => {
    const l = logVariance[i]!;
    sum += LOG_TWO_PI + l + (point[i]! - centre) ** 2 * Math.exp(-l);
  });
  return -sum / 2;
}
