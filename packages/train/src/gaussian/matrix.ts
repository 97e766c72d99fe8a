/** Square float64 matrices, the only kind a Gaussian needs. */

import { finiteCopy } from "./checks.js";
import { DimensionError } from "./errors.js";

/** A matrix `[size, size]`, stored row by row: entry (i, j) is `data[i * size + j]`. */
export interface SquareMatrix {
  readonly size: number;
  readonly data: Float64Array;
}

/**
 * A matrix from its entries, row by row (copied).
 *
 * @throws DimensionError unless there are size * size values; NonFiniteError on NaN or infinity.
 */
export function squareMatrix(size: number, values: ArrayLike<number>): SquareMatrix {
  if (!Number.isSafeInteger(size) || size < 1 || values.length !== size * size) {
    throw new DimensionError(
      `squareMatrix: a size of ${size} does not go with ${values.length} value(s). ` +
        "Pass a whole size of at least 1 and size * size values, row by row.",
    );
  }
  return { size, data: finiteCopy("squareMatrix", "the matrix", values) };
}

/** The matrix whose column j is `transform(column j of matrix)`; columns are `[size]`. */
export function mapColumns(
  matrix: SquareMatrix,
  transform: (column: Float64Array) => Float64Array,
): SquareMatrix {
  const { size, data } = matrix;
  const mapped = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const column = Float64Array.from({ length: size }, (_, i) => data[i * size + j]!);
    transform(column).forEach((value, i) => {
      mapped[i * size + j] = value;
    });
  }
  return { size, data: mapped };
}

/** The lower triangle of `matrix`, diagonal included; zeros above it. */
export function lowerTriangle(matrix: SquareMatrix): SquareMatrix {
  const { size, data } = matrix;
  const lower = data.map((value, at) => (at % size <= Math.floor(at / size) ? value : 0));
  return { size, data: lower };
}
