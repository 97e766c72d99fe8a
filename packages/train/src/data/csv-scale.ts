/** The scale of each column of a table, taken in float64: float32 tells no two seconds of a date apart. */
import type { CsvConfig } from "../config/data.js";

/** What turns a value of column c into (value - shifts[c]) / sizes[c]; 0 where the size is, as of a column of one value. */
export interface Scaling {
  shifts: Float64Array;
  sizes: Float64Array;
}

/**
 * The scale of every column.
 *
 * @param values row after row
 * @param rows those that decide, the training ones; all by default
 */
export function scalingOf(
  values: ArrayLike<number>,
  width: number,
  scale: CsvConfig["scale"],
  rows: Int32Array = Int32Array.from({ length: values.length / width }, (_, i) => i),
): Scaling {
  switch (scale) {
    case "none":
      return { shifts: new Float64Array(width), sizes: new Float64Array(width).fill(1) };
    case "unit":
      return spans(values, width, rows);
    case "standard":
      return deviations(values, width, rows);
  }
}

/** float32 of the scaled values. */
export function scaled(values: Float64Array, { shifts, sizes }: Scaling): Float32Array {
  const width = shifts.length;
  const result = new Float32Array(values.length); // and a plain loop: `Float32Array.from` takes many times as long
  for (let i = 0; i < values.length; i++) {
    const column = i % width;
    const size = sizes[column]!;
    result[i] = size === 0 ? 0 : (values[i]! - shifts[column]!) / size;
  }
  return result;
}

/** Smallest value of each column, and how far the largest is from it. */
function spans(values: ArrayLike<number>, width: number, rows: Int32Array): Scaling {
  const least = new Float64Array(width).fill(Infinity);
  const most = new Float64Array(width).fill(-Infinity);
  for (const row of rows) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column]!;
      least[column] = Math.min(least[column]!, value);
      most[column] = Math.max(most[column]!, value);
    }
  }
  return { shifts: least, sizes: most.map((value, column) => value - least[column]!) };
}

/** Mean and standard deviation of each column, out of differences from its first value: none where all are equal. */
function deviations(values: ArrayLike<number>, width: number, rows: Int32Array): Scaling {
  const [shifts, sizes] = [new Float64Array(width), new Float64Array(width)];
  for (let column = 0; column < width; column++) {
    const at = (row: number) => values[row * width + column]!;
    const first = at(rows[0]!);
    const mean = rows.reduce((sum, row) => sum + (at(row) - first), 0) / rows.length;
    const squares = rows.reduce((sum, row) => sum + (at(row) - first - mean) ** 2, 0);
    shifts[column] = first + mean;
    sizes[column] = Math.sqrt(squares / rows.length);
  }
  return { shifts, sizes };
}
