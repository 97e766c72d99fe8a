/** How much the log-ratio of two normal densities varies: the error of a Monte Carlo KL. */

import type { FullGaussian } from "./gaussian.js";
import { whiten } from "./whiten.js";

/**
 * Var[log p(x) − log q(x)] for x ~ P = ½ tr[(I − S₁ S₂⁻¹)²] + dᵀ S₂⁻¹ S₁ S₂⁻¹ d, d = m₁ − m₂,
 * in nats².
 *
 * The mean of n such log-ratios estimates KL(P‖Q) with the standard error sqrt(variance / n).
 *
 * Source: with x = m₁ + L₁ ε the log-ratio is ½ εᵀ (Mᵀ M − I) ε + uᵀ M ε + constant, where
 * M = L₂⁻¹ L₁ and u = L₂⁻¹ d; its variance is ½ |Mᵀ M − I|² + |Mᵀ u|².
 */
export function logRatioVariance(p: FullGaussian, q: FullGaussian): number {
  const { mean, factor } = whiten("logRatioVariance", p, q);
  const { size, data } = factor;
  const columnDot = (j: number, entry: (i: number) => number) => {
    let sum = 0;
    for (let i = j; i < size; i++) sum += data[i * size + j]! * entry(i);
    return sum;
  };
  let variance = 0;
  for (let j = 0; j < size; j++) {
    variance += columnDot(j, (i) => mean[i]!) ** 2;
    for (let n = 0; n < size; n++) {
      const gram = columnDot(j, (i) => data[i * size + n]!);
      variance += (gram - (j === n ? 1 : 0)) ** 2 / 2;
    }
  }
  return variance;
}
