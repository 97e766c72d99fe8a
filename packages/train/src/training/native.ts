/** TensorFlow's own operators through tfjs-node: a row gather and counter-based noise, neither of which touches JavaScript. */
import type { DataType, Tensor, Tensor1D } from "@tensorflow/tfjs-node";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js";
import type { TensorFlow } from "../tensorflow/index.js";

/** An attribute's value, by its kind. */
export type AttributeValue =
  | { dtype: DataType }
  | { int: number }
  | { flag: boolean }
  | { text: string }
  | { shape: number[] };

/**
 * Executes a native operator by name. The operators and their attributes are listed at
 * https://www.tensorflow.org/api_docs/python/tf/raw_ops
 */
export function execute<T extends Tensor[]>(
  tf: TensorFlow,
  operator: string,
  inputs: readonly Tensor[],
  attributes: Record<string, AttributeValue>,
  outputs: T["length"],
): T {
  const backend = tf.backend() as NodeJSKernelBackend;
  const list = Object.entries(attributes).map(([name, value]) => attribute(backend, name, value));
  return backend.executeMultipleOutputs(operator, list, [...inputs], outputs) as T;
}

function attribute(backend: NodeJSKernelBackend, name: string, value: AttributeValue) {
  const { binding } = backend;
  if ("dtype" in value) {
    return { name, type: binding.TF_ATTR_TYPE, value: backend.getDTypeInteger(value.dtype) };
  }
  if ("int" in value) return { name, type: binding.TF_ATTR_INT, value: value.int };
  if ("flag" in value) return { name, type: binding.TF_ATTR_BOOL, value: value.flag };
  if ("text" in value) return { name, type: binding.TF_ATTR_STRING, value: value.text };
  return { name, type: binding.TF_ATTR_SHAPE, value: value.shape };
}

/**
 * Rows of a table: [N, ...item] and int32 [B] -> [B, ...item].
 * Unlike tf.gather it does not read the indices into JavaScript.
 */
export function gatherRows<T extends Tensor>(tf: TensorFlow, table: T, rows: Tensor1D): T {
  const attributes = {
    Tparams: { dtype: table.dtype },
    Tindices: { dtype: "int32" },
    Taxis: { dtype: "int32" },
    batch_dims: { int: 0 },
  } as const;
  const [gathered] = execute<[Tensor]>(
    tf,
    "GatherV2",
    [table, rows, tf.scalar(0, "int32")],
    attributes,
    1,
  );
  return gathered as T;
}

/**
 * Standard normal draws as a pure function of `state`, int32 [seed, counter].
 * Counter-based: the same state gives the same numbers, now, in a graph, or after a resume.
 */
export function standardNormal(tf: TensorFlow, shape: readonly number[], state: Tensor1D): Tensor {
  return stateless(tf, "StatelessRandomNormal", shape, state);
}

/** Draws from [0, 1), as `standardNormal`. */
export function standardUniform(tf: TensorFlow, shape: readonly number[], state: Tensor1D): Tensor {
  return stateless(tf, "StatelessRandomUniform", shape, state);
}

function stateless(
  tf: TensorFlow,
  operator: "StatelessRandomNormal" | "StatelessRandomUniform",
  shape: readonly number[],
  state: Tensor1D,
): Tensor {
  const attributes = {
    dtype: { dtype: "float32" },
    T: { dtype: "int32" },
    Tseed: { dtype: "int32" },
  } as const;
  const size = tf.tensor1d([...shape], "int32");
  return execute<[Tensor]>(tf, operator, [size, state], attributes, 1)[0];
}
