/** What the tests of captured graphs share: native TensorFlow, and a comparison of tensors. */
import type { NamedTensorMap, Tensor, TypedArray } from "@tensorflow/tfjs-node";
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { expect } from "vitest";

export const tf = await loadTensorFlow();

/** The largest difference between two tensors, divided by the largest magnitude of the second. */
export function largestDifference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const a = actual.dataSync();
  const b = expected.dataSync();
  let difference = 0;
  let scale = Number.MIN_VALUE;
  for (const [index, value] of b.entries()) {
    if (Object.is(a[index], value)) continue;
    difference = Math.max(difference, Math.abs(a[index]! - value));
    if (Number.isNaN(a[index]! - value)) return Number.POSITIVE_INFINITY;
  }
  for (const value of b) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return difference === 0 ? 0 : difference / scale;
}

/** The same bits. */
export function expectSame(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  expect(bytes(actual).equals(bytes(expected))).toBe(true);
}

export function bytes(tensor: Tensor): Buffer {
  const values = tensor.dataSync() as TypedArray as Float32Array;
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** Deterministic values, normal by the sum of uniforms, from an integer seed. */
export function seeded(shape: number[], seed: number): Tensor {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(Float32Array.from({ length: size }, normal), shape);
}

interface Counts {
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
}
const { binding } = tf.backend() as unknown as { binding: Counts };

/** Number of tensors that live natively. */
export function nativeTensors(): number {
  return binding.getNumOfTensors();
}

/** Number of graphs that are loaded. */
export function nativeGraphs(): number {
  return binding.getNumOfSavedModels();
}

/** Every tf.Variable's bytes, by name. */
export function variableBytes(): Record<string, string> {
  const variables: NamedTensorMap = tf.engine().registeredVariables;
  const entries = Object.entries(variables).filter(([, { dtype }]) => dtype !== "string");
  return Object.fromEntries(entries.map(([name, v]) => [name, bytes(v).toString("base64")]));
}
