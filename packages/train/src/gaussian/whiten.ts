/** One normal distribution seen in the coordinates in which another is standard. */

import { requireDimension } from "./checks.js";
import type { FullGaussian } from "./gaussian.js";
import { mapColumns } from "./matrix.js";
import { solveLower } from "./triangular.js";

/**
 * P = N(m₁, L₁ L₁ᵀ) in the coordinates y = L₂⁻¹ (x − m₂), in which Q = N(m₂, L₂ L₂ᵀ) is N(0, I):
 * N(u, M Mᵀ) with u = L₂⁻¹ (m₁ − m₂) and M = L₂⁻¹ L₁, which is lower triangular as well.
 *
 * A change of coordinates multiplies both densities by the same factor, so whatever depends on
 * their ratio alone (the KL divergence, the variance of the log-ratio) stays as it was.
 */
export function whiten(where: string, p: FullGaussian, q: FullGaussian): FullGaussian {
  requireDimension(where, "the second distribution", q.mean.length, p.mean.length);
  return {
    mean: solveLower(
      q.factor,
      p.mean.map((value, i) => value - q.mean[i]!),
    ),
    factor: mapColumns(p.factor, (column) => solveLower(q.factor, column)),
  };
}
