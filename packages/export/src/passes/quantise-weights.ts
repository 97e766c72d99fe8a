/** Stores weights as int8, one scale per output channel, and dequantises them in the graph. */
import { OptionError } from "../errors.js";
import { constant, derive } from "../ir/constants.js";
import { elementCount } from "../ir/tensor.js";
import {
  type FloatConstant,
  type Graph,
  int,
  isFloats,
  type Node,
  type Value,
} from "../ir/types.js";

/** Inputs that hold weights, and the axis that counts their output channels (rows of a table, gates). */
const WEIGHTS: Readonly<Record<string, readonly { input: number; axis: number }[]>> = {
  Conv: [{ input: 1, axis: 0 }],
  ConvTranspose: [{ input: 1, axis: 1 }],
  Gather: [{ input: 0, axis: 0 }],
  Gemm: [{ input: 1, axis: 1 }],
  GRU: gateWeights(),
  LSTM: gateWeights(),
  MatMul: [{ input: 1, axis: 1 }],
  RNN: gateWeights(),
};

/** Smaller weights stay as they are: scales and a node would cost more than they spare. */
const MIN_ELEMENTS = 256;
const LARGEST = 127;

/**
 * w = scale q, scale = max |w| / 127 per channel and q from -127 to 127. Biases and all computing stay
 * float32. Throws OptionError for a weight that is not finite.
 */
export function quantiseWeights(graph: Graph): void {
  const made = new Map<string, Value>();
  const ids = new Map<FloatConstant, number>();
  const added: Node[] = [];
  for (const node of graph.nodes) {
    for (const { input, axis } of WEIGHTS[node.op] ?? []) {
      const weights = node.inputs[input];
      if (!isFloats(weights) || elementCount(weights.shape) < MIN_ELEMENTS) continue;
      ids.set(weights, ids.get(weights) ?? ids.size);
      const key = `${ids.get(weights)}, ${axis}`;
      const value = made.get(key) ?? dequantised(weights, axis, added);
      made.set(key, value);
      node.inputs[input] = value;
    }
  }
  graph.nodes = [...added, ...graph.nodes];
}

function gateWeights() {
  return [
    { input: 1, axis: 1 },
    { input: 2, axis: 1 },
  ];
}

/** Adds the node that gives the weights back. https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html */
function dequantised(weights: FloatConstant, axis: number, nodes: Node[]): Value {
  const { name, shape, layout } = weights;
  const scales = scalesOf(weights, axis);
  const count = scales.length;
  const inner = elementCount(shape.slice(axis + 1));
  const value: Value = { name: `${name}/float32`, dtype: "float32", shape, layout };
  const inputs = [
    derive("int8", weights, (data) => quantise(data, scales, inner)),
    constant("float32", `${name}/scale`, [count], () => scales),
    constant("int8", `${name}/zero_point`, [count], () => new Int8Array(count)),
  ];
  const attributes = { axis: int(axis) };
  nodes.push({ op: "DequantizeLinear", inputs, outputs: [value], attributes });
  return value;
}

/** One scale per channel; 1 where all weights of a channel are 0. */
function scalesOf({ name, shape, data }: FloatConstant, axis: number): Float32Array {
  const inner = elementCount(shape.slice(axis + 1));
  const largest = new Float32Array(shape[axis] ?? 1);
  for (let start = 0, row = 0; start < data.length; start += inner, row++) {
    const channel = row % largest.length;
    for (let at = start; at < start + inner; at++) {
      const size = Math.abs(data[at] as number);
      if (size > (largest[channel] as number) || Number.isNaN(size)) largest[channel] = size;
    }
  }
  const wrong = largest.find((size) => !Number.isFinite(size));
  if (wrong === undefined) return largest.map((size) => (size === 0 ? 1 : size / LARGEST));
  throw new OptionError(
    `precision int8: "${name}" holds numbers that are not finite. Export float32, or repair the weights.`,
  );
}

function quantise(data: Float32Array, scales: Float32Array, inner: number): Int8Array {
  const quantised = new Int8Array(data.length);
  for (let start = 0, row = 0; start < data.length; start += inner, row++) {
    const scale = scales[row % scales.length] as number;
    for (let at = start; at < start + inner; at++) {
      const value = Math.round((data[at] as number) / scale);
      quantised[at] = Math.max(-LARGEST, Math.min(LARGEST, value));
    }
  }
  return quantised;
}
