/** The differential entropy of the normal distribution, in nats. */

import { halfLogDeterminant } from "./cholesky.js";
import type { DiagonalGaussian, FullGaussian } from "./gaussian.js";
import { LOG_TWO_PI } from "./log-two-pi.js";

/**
 * H = −E[log p(x)] = ½ k (1 + log 2π) + ½ log|S|, in nats; negative for a narrow distribution.
 *
 * Source: the log-density with equation (3) of the notes, E[(x − m)ᵀ S⁻¹ (x − m)] = k.
 */
export function entropy({ mean, factor }: FullGaussian): number {
  return (mean.length * (1 + LOG_TWO_PI)) / 2 + halfLogDeterminant(factor);
}

/** H = ½ Σ [1 + log 2π + l], in nats. */
export function diagonalEntropy({ logVariance }: DiagonalGaussian): number {
  return logVariance.reduce((sum, l) => sum + 1 + LOG_TWO_PI + l, 0) / 2;
}
