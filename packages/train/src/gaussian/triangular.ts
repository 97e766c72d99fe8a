/** Systems of equations with a Cholesky factor, solved in place of ever inverting a matrix. */

import { requireDimension } from "./checks.js";
import type { SquareMatrix } from "./matrix.js";

/**
 * y = L⁻¹ b by forward substitution: y_i = (b_i − Σ_{j<i} L_ij y_j) / L_ii.
 *
 * @param factor lower triangular L `[k, k]` with a non-zero diagonal; what is above it is not read
 * @param right b `[k]`
 * @returns y `[k]`
 */
export function solveLower(factor: SquareMatrix, right: ArrayLike<number>): Float64Array {
  const { size, data } = factor;
  requireDimension("solveLower", "the right-hand side", right.length, size);
  const solution = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    let rest = solution[i]!;
    for (let j = 0; j < i; j++) rest -= data[i * size + j]! * solution[j]!;
    solution[i] = rest / data[i * size + i]!;
  }
  return solution;
}

/**
 * x = L⁻ᵀ b by back substitution: x_i = (b_i − Σ_{j>i} L_ji x_j) / L_ii.
 *
 * @param factor lower triangular L `[k, k]` with a non-zero diagonal; what is above it is not read
 * @param right b `[k]`
 * @returns x `[k]`
 */
export function solveLowerTransposed(factor: SquareMatrix, right: ArrayLike<number>): Float64Array {
  const { size, data } = factor;
  requireDimension("solveLowerTransposed", "the right-hand side", right.length, size);
  const solution = Float64Array.from(right);
  for (let i = size - 1; i >= 0; i--) {
    let rest = solution[i]!;
    for (let j = i + 1; j < size; j++) rest -= data[j * size + i]! * solution[j]!;
    solution[i] = rest / data[i * size + i]!;
  }
  return solution;
}
