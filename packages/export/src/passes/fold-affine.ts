/** Folds per-channel scaling and shifting into the weights of the convolution or Gemm before it. */
import { derive } from "../ir/constants.js";
import { consumersOf, producersOf, replaceNode, replaceValue } from "../ir/edit.js";
import { elementCount } from "../ir/tensor.js";
import { type FloatConstant, type Graph, isFloats, type Node, type Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/** y = x scale + shift along axis 1. */
interface Affine {
  scale: Float64Array;
  shift: Float64Array;
}

/** Which axis of the weights (input 1) holds the output channels. */
const CHANNEL_AXIS: Readonly<Record<string, number>> = { Conv: 0, ConvTranspose: 1, Gemm: 1 };

/**
 * Folded: BatchNormalization, and Mul or Add with a constant that only varies along axis 1, behind
 * a Conv, ConvTranspose or Gemm whose weights are constant and whose result nothing else uses.
 */
export const foldAffine: Pass = {
  name: "fold-affine",
  run(graph: Graph): boolean {
    let changed = false;
    // A fold makes a new producer, which the next node may fold into in turn.
    while (foldOne(graph)) changed = true;
    return changed;
  },
};

function foldOne(graph: Graph): boolean {
  const producers = producersOf(graph);
  const consumers = consumersOf(graph);
  for (const node of graph.nodes) {
    const affine = readAffine(node);
    const before = affine && producers.get(affine.input);
    const [output] = node.outputs;
    if (!affine || !before || !output || graph.outputs.includes(affine.input)) continue;
    if (consumers.get(affine.input)?.length !== 1 || !fold(before, affine)) continue;
    replaceNode(graph, node);
    replaceValue(graph, output, affine.input);
    return true;
  }
  return false;
}

/** What a node does to its one varying input, if that is affine per channel. */
function readAffine(node: Node): (Affine & { input: Value }) | undefined {
  if (node.op === "BatchNormalization") return readBatchNormalization(node);
  if (node.op !== "Mul" && node.op !== "Add") return undefined;
  const [a, b] = node.inputs;
  const [input, constant] = isFloats(a) ? [b, a] : [a, b];
  if (!input || !isFloats(constant)) return undefined;
  const values = perChannel(constant, input);
  if (values === undefined) return undefined;
  return node.op === "Mul"
    ? { input, scale: values, shift: new Float64Array(values.length) }
    : { input, scale: new Float64Array(values.length).fill(1), shift: values };
}

/** scale = gamma / sqrt(variance + epsilon), shift = beta - mean scale. */
function readBatchNormalization(node: Node): (Affine & { input: Value }) | undefined {
  const [input, ...parameters] = node.inputs;
  if (!input || !parameters.every(isFloats)) return undefined;
  const epsilon = Number(node.attributes.epsilon?.value ?? 1e-5);
  const [gamma, beta, mean, variance] = parameters.map(({ data }) => Float64Array.from(data));
  if (!gamma || !beta || !mean || !variance) return undefined;
  const scale = gamma.map((value, i) => value / Math.sqrt((variance[i] ?? 0) + epsilon));
  return { input, scale, shift: beta.map((value, i) => value - (mean[i] ?? 0) * (scale[i] ?? 0)) };
}

/** A constant that broadcasts to x and varies along axis 1 at most, as one number per channel. */
function perChannel({ shape, data }: FloatConstant, x: Value): Float64Array | undefined {
  const channels = x.shape[1];
  const rank = x.shape.length;
  if (typeof channels !== "number" || shape.length > rank) return undefined;
  const offset = rank - shape.length;
  const fits = shape.every(
    (size, axis) => size === 1 || (axis + offset === 1 && size === channels),
  );
  if (!fits) return undefined;
  return Float64Array.from({ length: channels }, (_, i) => data[data.length === 1 ? 0 : i] ?? 0);
}

/** Scales weights, scales and shifts the bias, in float64; false where they are not constant. */
function fold(node: Node, { scale, shift }: Affine): boolean {
  const axis = CHANNEL_AXIS[node.op];
  const [x, weights, bias = null] = node.inputs;
  if (axis === undefined || !x || !isFloats(weights)) return false;
  if (bias !== null && !isFloats(bias)) return false;
  const offsets = shift.map((value, i) => value + (bias?.data[i] ?? 0) * (scale[i] ?? 0));
  const newWeights = derive("float32", weights, (data) =>
    scaleAlong(data, weights.shape, axis, scale),
  );
  const newBias: FloatConstant = {
    name: bias?.name ?? weights.name.replace(/[^/]*$/, "bias"),
    dtype: "float32",
    shape: [offsets.length],
    layout: "source",
    data: Float32Array.from(offsets),
  };
  node.inputs = [x, newWeights, newBias];
  return true;
}

function scaleAlong(
  data: Float32Array,
  shape: readonly number[],
  axis: number,
  scale: Float64Array,
): Float32Array {
  const inner = elementCount(shape.slice(axis + 1));
  const scaled = new Float32Array(data.length);
  for (let start = 0, row = 0; start < data.length; start += inner, row++) {
    const factor = scale[row % scale.length] as number;
    for (let at = start; at < start + inner; at++) scaled[at] = (data[at] as number) * factor;
  }
  return scaled;
}
