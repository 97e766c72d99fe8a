/** Arithmetic on tensors held in memory: row-major typed arrays and their shapes. */
import { permuteList } from "./layout.js";

/** Product of sizes; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** How many elements one step along each axis skips. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** The tensor with axis `permutation[i]` of the input as its axis i, as a new array. */
export function permute(
  data: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  const sizes = permuteList(shape, permutation);
  const steps = permuteList(stridesOf(shape), permutation);
  const result = new Float32Array(data.length);
  const index = new Array<number>(sizes.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] as number;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] as number;
      const step = steps[axis] as number;
      from += step;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < size) break;
      from -= step * size;
      index[axis] = 0;
    }
  }
  return result;
}
