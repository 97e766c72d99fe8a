/** Folds Transposes between images and vectors into the weights of the Gemm beside them. */
import { derive, intsConstant } from "../ir/constants.js";
import { consumersOf, producersOf, replaceNode, replaceValue } from "../ir/edit.js";
import { reshapeTarget } from "../ir/layout.js";
import { permute } from "../ir/tensor.js";
import { type FloatConstant, type Graph, isFloats, type Node, type Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Operators that work on each element alone, with no parameter that varies over elements. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  "Abs",
  "Clip",
  "Elu",
  "Erf",
  "Exp",
  "HardSigmoid",
  "LeakyRelu",
  "Relu",
  "Sigmoid",
  "Softplus",
  "Tanh",
  "ThresholdedRelu",
]);

/**
 * Two cases, in which [...] are element-wise nodes and N is one and the same:
 * 1. Transpose, Reshape to [N, K], [...], Gemms: the Gemms take their rows in the order before the
 *    Transpose.
 * 2. Gemm, [...], Reshape, [...], Transpose: the Gemm gives its columns in the order after the
 *    Transpose. Here every value on the way has one use.
 */
export const foldTranspose: Pass = {
  name: "fold-transpose",
  run(graph: Graph): boolean {
    let changed = false;
    for (const node of [...graph.nodes]) {
      if (node.op !== "Transpose" || !keepsBatch(node)) continue;
      if (foldIntoNext(graph, node) || foldIntoPrevious(graph, node)) changed = true;
    }
    return changed;
  },
};

/** Case 1. The Transpose is left without a use where all its uses fold. */
function foldIntoNext(graph: Graph, transpose: Node): boolean {
  const [image] = transpose.inputs;
  const [moved] = transpose.outputs;
  const consumers = consumersOf(graph);
  if (!image || !moved) return false;
  let changed = false;
  for (const reshape of consumers.get(moved) ?? []) {
    const [vector] = reshape.outputs;
    if (reshape.op !== "Reshape" || vector?.shape.length !== 2) continue;
    if (vector.shape[0] !== moved.shape[0]) continue;
    const gemms = gemmsBehind(graph, vector, consumers);
    if (gemms === undefined) continue;
    const back = inverse(permutationOf(transpose));
    for (const gemm of gemms) reorderRows(gemm, moved, back);
    reshape.inputs[0] = image;
    changed = true;
  }
  return changed;
}

/** The Gemms that use a value, through element-wise nodes; undefined if anything else does. */
function gemmsBehind(
  graph: Graph,
  value: Value,
  consumers: ReadonlyMap<Value, Node[]>,
): Node[] | undefined {
  if (graph.outputs.includes(value)) return undefined;
  const found: Node[] = [];
  for (const node of consumers.get(value) ?? []) {
    const [output] = node.outputs;
    if (node.op === "Gemm" && node.inputs.slice(1).every(isFloats)) {
      found.push(node);
    } else if (ELEMENTWISE.has(node.op) && output) {
      const behind = gemmsBehind(graph, output, consumers);
      if (behind === undefined) return undefined;
      found.push(...behind);
    } else return undefined;
  }
  return found;
}

/** Case 2. */
function foldIntoPrevious(graph: Graph, transpose: Node): boolean {
  const producers = producersOf(graph);
  const consumers = consumersOf(graph);
  const before = (node: Node): Node | undefined => {
    const [input] = node.inputs;
    const onlyUse = input && consumers.get(input)?.length === 1 && !graph.outputs.includes(input);
    return onlyUse ? producers.get(input) : undefined;
  };
  const chain: Node[] = [];
  let node = before(transpose);
  for (; node && ELEMENTWISE.has(node.op); node = before(node)) chain.unshift(node);
  const vector = node?.op === "Reshape" ? node.inputs[0] : undefined;
  if (!node || vector?.shape.length !== 2 || vector.shape[0] !== transpose.outputs[0]?.shape[0]) {
    return false;
  }
  chain.unshift(node);
  do node = before(node);
  while (node && ELEMENTWISE.has(node.op));
  const image = chain[0]?.outputs[0];
  if (node?.op !== "Gemm" || !image || !reorderColumns(node, image, permutationOf(transpose))) {
    return false;
  }
  giveTransposed(graph, chain, transpose);
  return true;
}

/** Lets the chain from a Reshape on give its values transposed; the Transpose goes. */
function giveTransposed(graph: Graph, chain: readonly Node[], transpose: Node): void {
  const result = transpose.outputs[0] as Value;
  const { shape, layout } = result;
  let input = chain[0]?.inputs[0] as Value;
  chain.forEach((node, index) => {
    const own = node.outputs[0] as Value;
    node.inputs[0] = input;
    if (index === 0) node.inputs[1] = intsConstant(reshapeTarget(shape, input.shape));
    input = { ...own, shape, layout };
    node.outputs = [input];
  });
  replaceNode(graph, transpose);
  replaceValue(graph, result, input);
}

/** Permutes the rows of weights [K, M], which stand in the order of `image` [N, ...]. */
function reorderRows(gemm: Node, image: Value, permutation: readonly number[]): void {
  const weights = gemm.inputs[1] as FloatConstant;
  const units = weights.shape[1] as number;
  const sizes = [...image.shape.slice(1).map(Number), units];
  const order = [...permutation.slice(1).map((axis) => axis - 1), sizes.length - 1];
  gemm.inputs[1] = derive("float32", weights, (data) => permute(data, sizes, order));
}

/** Permutes the columns of weights [K, M] and bias [M], in the order of `image` [N, ...]. */
function reorderColumns(gemm: Node, image: Value, permutation: readonly number[]): boolean {
  const [x, weights, bias = null] = gemm.inputs;
  if (!x || !isFloats(weights) || (bias !== null && !isFloats(bias))) return false;
  const columns = image.shape.slice(1).map(Number);
  const reorder = (constant: FloatConstant, rows: number) =>
    derive("float32", constant, (data) => permute(data, [rows, ...columns], permutation));
  const moved = reorder(weights, weights.shape[0] as number);
  gemm.inputs = bias === null ? [x, moved] : [x, moved, reorder(bias, 1)];
  return true;
}

function permutationOf(transpose: Node): readonly number[] {
  return transpose.attributes.perm?.value as readonly number[];
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

function keepsBatch(transpose: Node): boolean {
  return permutationOf(transpose)[0] === 0;
}
