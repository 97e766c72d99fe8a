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
  return walk(data, permuteList(shape, permutation), permuteList(stridesOf(shape), permutation));
}

/** The tensor repeated along axes of size 1, and along new ones before all others, until it has the shape `to`. */
export function expand(
  data: Float32Array,
  shape: readonly number[],
  to: readonly number[],
): Float32Array {
  const added = to.length - shape.length;
  const steps = stridesOf(shape).map((step, axis) => (shape[axis] === 1 ? 0 : step));
  return walk(data, to, [...new Array<number>(added).fill(0), ...steps]);
}

/** A tensor of these sizes, as a new array: one step along an axis skips `steps` elements of the input. */
function walk(
  data: Float32Array,
  sizes: readonly number[],
  steps: readonly number[],
): Float32Array {
  const axes = mergeAxes(sizes, steps);
  const { size: length, step } = axes.pop() as Axis;
  const index = new Array<number>(axes.length).fill(0);
  const result = new Float32Array(elementCount(sizes));
  let from = 0;
  for (let to = 0; to < result.length; ) {
    for (const end = to + length; to < end; to++, from += step) result[to] = data[from] as number;
    from -= step * length;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { size, step } = axes[axis] as Axis;
      from += step;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < size) break;
      from -= step * size;
      index[axis] = 0;
    }
  }
  return result;
}

/** An axis and how many elements of the input one step along it skips. */
interface Axis {
  size: number;
  step: number;
}

/** At least one axis: those of size 1 go, and neighbours that are walked as one become one. */
function mergeAxes(sizes: readonly number[], steps: readonly number[]): Axis[] {
  const merged: Axis[] = [];
  sizes.forEach((size, index) => {
    const step = steps[index] as number;
    const before = merged.at(-1);
    if (size === 1) return;
    if (before?.step === size * step) Object.assign(before, { size: before.size * size, step });
    else merged.push({ size, step });
  });
  return merged.length > 0 ? merged : [{ size: 1, step: 1 }];
}
