/** TensorFlow's own operators by name, run eagerly or recorded into a graph. */
import type { DataType, Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { DT, type NativeBinding, nativeBackend } from "../native.js";

/** The value of an operator's attribute, by its kind. */
export type AttributeValue =
  | { dtype: DataType }
  | { int: number }
  | { float: number }
  | { flag: boolean }
  | { text: string }
  | { shape: readonly number[] };

/**
 * Executes the TensorFlow operator `name` and returns its only output.
 * Operators and their attributes: https://www.tensorflow.org/api_docs/python/tf/raw_ops
 *
 * The result is not differentiable by itself: inside a loss, wrap it in `tf.customGrad`.
 */
export function execute<T extends Tensor = Tensor>(
  tf: TensorFlow,
  name: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
): T {
  return executeAll(tf, name, inputs, attributes, 1)[0] as T;
}

/** The same for an operator of several outputs: all of them. */
export function executeAll(
  tf: TensorFlow,
  name: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
  outputs: number,
): Tensor[] {
  const backend = nativeBackend(tf);
  const { binding } = backend;
  const list = Object.entries(attributes).map(([key, value]) => toNative(binding, key, value));
  return backend.executeMultipleOutputs(name, list, [...inputs], outputs);
}

function toNative(binding: NativeBinding, name: string, value: AttributeValue) {
  if ("dtype" in value) {
    return { name, type: binding.TF_ATTR_TYPE, value: DT[value.dtype] };
  }
  if ("int" in value) return { name, type: binding.TF_ATTR_INT, value: value.int };
  if ("float" in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
  if ("flag" in value) return { name, type: binding.TF_ATTR_BOOL, value: value.flag };
  if ("text" in value) return { name, type: binding.TF_ATTR_STRING, value: value.text };
  return { name, type: binding.TF_ATTR_SHAPE, value: [...value.shape] };
}
