/** Arithmetic on tensors' shapes. */

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The most items of so many values each that one array holds: 2^31 - 1 values. */
export function mostItems(valuesOfEach: number): number {
  return Math.floor((2 ** 31 - 1) / valuesOfEach);
}
