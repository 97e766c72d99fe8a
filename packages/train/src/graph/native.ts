/** tfjs-node's native side: the backend, its binding, and TensorFlow's numbers for data types. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js";
import type { TensorMetadata, TFJSBinding } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import { isObject, requireArgument } from "../argument.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { GraphError } from "./errors.js";

export type NativeBinding = TFJSBinding;

/** The parts of tfjs-node's backend that are used; two of them are private to its declarations. */
export type NativeBackend = Pick<
  NodeJSKernelBackend,
  "binding" | "executeMultipleOutputs" | "readSync"
> & {
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(result: TensorMetadata): Tensor;
};

/** Values of a tensor outside TensorFlow: float32, int32, and bool as bytes of 0 and 1. */
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** `enum DataType` of tensorflow/core/framework/types.proto, as far as tf.js and its operators meet it. */
export const DT = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  resource: 20,
} as const;

const NAMES = new Map<number, string>(Object.entries(DT).map(([name, number]) => [number, name]));

/** The name of a TensorFlow data type. */
export function dtypeName(dtype: number): string {
  return NAMES.get(dtype) ?? `type ${dtype}`;
}

/** Whether values of this TensorFlow data type exist in tf.js. */
export function isTensorDtype(dtype: number): boolean {
  return [DT.float32, DT.int32, DT.bool, DT.complex64].some((known) => known === dtype);
}

/** The data type of values held by a typed array; undefined for one that holds another kind. */
export function dtypeOf(values: ArrayBufferView): "float32" | "int32" | "bool" | undefined {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Int32Array) return "int32";
  return values instanceof Uint8Array ? "bool" : undefined;
}

/** @throws GraphError when tf.js runs on another backend than native TensorFlow. */
export function nativeBackend(tf: TensorFlow): NativeBackend {
  const isTensorFlow = typeof tf?.getBackend === "function";
  requireArgument(GraphError, isTensorFlow, "tf", tf, "tf.js, imported from @tensorflow/tfjs-node");
  if (tf.getBackend() !== "tensorflow") {
    throw new GraphError(
      `tf.js runs on the backend "${tf.getBackend()}"; a graph needs native TensorFlow. ` +
        'Call tf.setBackend("tensorflow") first.',
    );
  }
  return tf.backend() as unknown as NativeBackend;
}

/** Whether a value that a caller gave is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return isObject(value) && Array.isArray(value.shape) && typeof value.dtype === "string";
}

/** The native identifier of a tensor's data; it is never used again for another. */
export function nativeId(backend: NativeBackend, tensor: Tensor): number {
  return backend.getInputTensorIds([tensor])[0]!;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Runs `body` and disposes of the tensors that it made and did not keep; unlike `tf.tidy`, of its result's too. */
export function inScope<T>(tf: TensorFlow, body: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = body();
  });
  return result as T;
}
