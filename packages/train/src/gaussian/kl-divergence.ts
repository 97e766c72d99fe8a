/** The Kullback-Leibler divergence between normal distributions, in nats. */

import { requireDimension } from "./checks.js";
import type { DiagonalGaussian, FullGaussian } from "./gaussian.js";
import { whiten } from "./whiten.js";

/**
 * KL(P‖Q) = ½ [log(|S₂| / |S₁|) − k + tr(S₂⁻¹ S₁) + (m₂ − m₁)ᵀ S₂⁻¹ (m₂ − m₁)], in nats;
 * at least 0, and 0 exactly when P = Q.
 *
 * Source: equations (2), (3) and (4) of the notes, "Variational Autoencoder Mathematics". Their
 * final formula (5) does not follow from these: it prints +k for −k, and puts ½ on the first term
 * only. As printed it gives 2k for P = Q.
 *
 * Evaluated as KL(N(u, M Mᵀ) ‖ N(0, I)), the coordinates in which Q is standard.
 *
 * @param p P = N(m₁, S₁), under which the expectation is taken
 * @param q Q = N(m₂, S₂) of the same dimension
 */
export function klDivergence(p: FullGaussian, q: FullGaussian): number {
  return klToStandardNormal(whiten("klDivergence", p, q));
}

/**
 * KL(N(m, L Lᵀ) ‖ N(0, I)) = ½ [Σ L_ij² + Σ m_i² − k] − Σ log L_ii, in nats.
 *
 * Summed as ½ [Σ_i (L_ii² − 1 − log L_ii²) + Σ_{j<i} L_ij² + Σ m_i²], whose terms are at
 * least 0 and so never cancel each other.
 */
export function klToStandardNormal({ mean, factor }: FullGaussian): number {
  const { size, data } = factor;
  let twice = 0;
  for (let i = 0; i < size; i++) {
    twice += varianceCost(2 * Math.log(data[i * size + i]!)) + mean[i]! ** 2;
    for (let j = 0; j < i; j++) twice += data[i * size + j]! ** 2;
  }
  return twice / 2;
}

/**
 * KL(P‖Q) = ½ Σ [exp(l₁ − l₂) − 1 − (l₁ − l₂) + (m₁ − m₂)² exp(−l₂)], in nats: equation (5) of the
 * notes, corrected as in {@link klDivergence}, for diagonal covariances exp(l₁) and exp(l₂).
 *
 * @param p N(m₁, diag(exp(l₁))), under which the expectation is taken
 * @param q N(m₂, diag(exp(l₂))) of the same dimension
 */
export function diagonalKlDivergence(p: DiagonalGaussian, q: DiagonalGaussian): number {
  requireDimension("diagonalKlDivergence", "the second distribution", q.mean.length, p.mean.length);
  let twice = 0;
  p.mean.forEach((mean, i) => {
    const logVariance = q.logVariance[i]!;
    twice += varianceCost(p.logVariance[i]! - logVariance);
    twice += (mean - q.mean[i]!) ** 2 * Math.exp(-logVariance);
  });
  return twice / 2;
}

/**
 * KL(N(m, diag(exp(l))) ‖ N(0, I)) = ½ Σ [exp(l) − 1 − l + m²], in nats: the rate of a VAE.
 *
 * Source: Kingma & Welling, Auto-Encoding Variational Bayes (arXiv 1312.6114), appendix B.
 */
export function diagonalKlToStandardNormal({ mean, logVariance }: DiagonalGaussian): number {
  let twice = 0;
  mean.forEach((value, i) => {
    twice += varianceCost(logVariance[i]!) + value * value;
  });
  return twice / 2;
}

/**
 * exp(t) − 1 − t, at least 0: twice the cost of a variance exp(t) where Q has 1. Near t = 0 expm1
 * keeps the digits that exp(t) − 1 would lose.
 */
function varianceCost(logRatio: number): number {
  return Math.expm1(logRatio) - logRatio;
}
