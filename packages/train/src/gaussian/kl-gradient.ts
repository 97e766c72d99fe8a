/** The gradient of the KL divergence in the parameters of its first distribution. */

import { requireDimension } from "./checks.js";
import type { DiagonalGaussian, FullGaussian } from "./gaussian.js";
import type { DiagonalGradient, FullGradient } from "./gradient.js";
import { lowerTriangle, mapColumns, type SquareMatrix } from "./matrix.js";
import { solveLowerTransposed } from "./triangular.js";
import { whiten } from "./whiten.js";

/**
 * The gradient of KL(P‖Q) in m₁ and L₁:
 * ∂m₁ = S₂⁻¹ (m₁ − m₂), ∂L₁ = tril(S₂⁻¹ L₁) − diag(1 / L₁_ii).
 *
 * Source: the corrected equation (5) of the notes, differentiated, with log|S₁| = 2 Σ log L₁_ii and
 * tr(S₂⁻¹ S₁) = |L₂⁻¹ L₁|².
 */
export function klGradient(p: FullGaussian, q: FullGaussian): FullGradient {
  const whitened = whiten("klGradient", p, q);
  const unwhiten = (column: Float64Array) => solveLowerTransposed(q.factor, column);
  const trace = lowerTriangle(mapColumns(whitened.factor, unwhiten));
  return { mean: unwhiten(whitened.mean), factor: minusInverseDiagonal(trace, p.factor) };
}

/** The gradient of KL(P‖N(0, I)): ∂m = m, ∂L = L − diag(1 / L_ii). */
export function klToStandardNormalGradient({ mean, factor }: FullGaussian): FullGradient {
  return { mean: mean.slice(), factor: minusInverseDiagonal(factor, factor) };
}

/**
 * The gradient of KL(P‖Q) in m₁ and l₁, both diagonal:
 * ∂m₁ = (m₁ − m₂) exp(−l₂), ∂l₁ = ½ (exp(l₁ − l₂) − 1).
 */
export function diagonalKlGradient(p: DiagonalGaussian, q: DiagonalGaussian): DiagonalGradient {
  requireDimension("diagonalKlGradient", "the second distribution", q.mean.length, p.mean.length);
  return {
    mean: p.mean.map((mean, i) => (mean - q.mean[i]!) * Math.exp(-q.logVariance[i]!)),
    logVariance: p.logVariance.map((l, i) => Math.expm1(l - q.logVariance[i]!) / 2),
  };
}

/** The gradient of KL(P‖N(0, I)), diagonal: ∂m = m, ∂l = ½ (exp(l) − 1). */
export function diagonalKlToStandardNormalGradient(p: DiagonalGaussian): DiagonalGradient {
  return { mean: p.mean.slice(), logVariance: p.logVariance.map((l) => Math.expm1(l) / 2) };
}

/** A − diag(1 / L_ii): the second term is the gradient of −Σ log L_ii. */
function minusInverseDiagonal({ size, data }: SquareMatrix, factor: SquareMatrix): SquareMatrix {
  const difference = data.slice();
  for (let at = 0; at < difference.length; at += size + 1) difference[at]! -= 1 / factor.data[at]!;
  return { size, data: difference };
}
