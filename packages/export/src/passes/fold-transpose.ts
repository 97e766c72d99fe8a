/** Folds Transposes between images and vectors into the weights of the Gemm beside them. */
import { derive, intsConstant } from "../ir/constants.js";
import { consumersOf, producersOf, replaceNode, replaceValue } from "../ir/edit.js";
import { reshapeTarget } from "../ir/layout.js";
import { elementCount, permute } from "../ir/tensor.js";
import { type FloatConstant, type Graph, isFloats, type Node, type Value } from "../ir/types.js";
import { elementwiseBefore, elementwiseBehind } from "./elementwise.js";
import type { Pass } from "./run.js";

/**
 * Two cases, in which [...] are element-wise nodes (`elementwise.ts`) and N is one and the same:
 * 1. Transpose, Reshape to [N, K], [...], Gemms: the Gemms take their rows in the order before the
 *    Transpose. A Concat with other vectors may stand on the way.
 * 2. Gemm, [...], Reshape, [...], Transpose: the Gemm gives its columns in the order after the
 *    Transpose. Here nothing else uses a value on the way.
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
  if (!image || !moved) return false;
  let changed = false;
  for (const reshape of consumersOf(graph).get(moved) ?? []) {
    const [vector] = reshape.outputs;
    if (reshape.op !== "Reshape" || vector?.shape.length !== 2) continue;
    if (vector.shape[0] !== moved.shape[0]) continue;
    const gemms = gemmsBehind(graph, vector);
    if (gemms === undefined) continue;
    const back = inverse(permutationOf(transpose));
    for (const { gemm, start } of gemms) reorderRows(gemm, start, moved, back);
    reshape.inputs[0] = image;
    changed = true;
  }
  return changed;
}

/** A Gemm that takes the elements of a vector at columns `start` on. */
interface Use {
  gemm: Node;
  start: number;
}

/** The Gemms behind a vector [N, K], through element-wise nodes and Concats; undefined if anything else is there. */
function gemmsBehind(graph: Graph, vector: Value): Use[] | undefined {
  const found: Use[] = [];
  const open = [{ vector, start: 0 }];
  for (const { vector, start } of open) {
    const behind = elementwiseBehind(graph, vector);
    if (behind === undefined) return undefined;
    for (const { node, input } of behind) {
      const [output] = node.outputs;
      if (node.op === "Gemm" && node.inputs[0] === input && node.inputs.slice(1).every(isFloats)) {
        found.push({ gemm: node, start });
      } else if (node.op === "Concat" && node.attributes.axis?.value === 1 && output) {
        const at = node.inputs.indexOf(input);
        if (node.inputs.lastIndexOf(input) !== at) return undefined;
        const before = node.inputs.slice(0, at).map((other) => Number(other?.shape[1]));
        open.push({ vector: output, start: before.reduce((sum, size) => sum + size, start) });
      } else return undefined;
    }
  }
  // Met on two ways, a Gemm would take its rows in two orders.
  return new Set(found.map(({ gemm }) => gemm)).size === found.length ? found : undefined;
}

/** Case 2. */
function foldIntoPrevious(graph: Graph, transpose: Node): boolean {
  const [end] = transpose.inputs;
  const images = end && elementwiseBefore(graph, end);
  const reshape = images && producersOf(graph).get(images.start);
  const vector = reshape?.op === "Reshape" ? reshape.inputs[0] : undefined;
  if (vector?.shape.length !== 2 || vector.shape[0] !== transpose.outputs[0]?.shape[0]) {
    return false;
  }
  const vectors = elementwiseBefore(graph, vector);
  const gemm = vectors && producersOf(graph).get(vectors.start);
  if (!images || !reshape || gemm?.op !== "Gemm") return false;
  if (!reorderColumns(gemm, images.start, permutationOf(transpose))) return false;
  giveTransposed(graph, [reshape, ...images.nodes], transpose);
  return true;
}

/** Lets the nodes from a Reshape on give their values transposed; the Transpose goes. */
function giveTransposed(graph: Graph, nodes: readonly Node[], transpose: Node): void {
  const result = transpose.outputs[0] as Value;
  const { shape, layout } = result;
  const turned = new Map<Value | null, Value>();
  for (const node of nodes) {
    const [own] = node.outputs as [Value];
    const value = { ...own, shape, layout };
    node.inputs = node.inputs.map((input) => turned.get(input) ?? input);
    if (node.op === "Reshape") {
      node.inputs[1] = intsConstant(reshapeTarget(shape, node.inputs[0]?.shape ?? []));
    }
    turned.set(own, value);
    node.outputs = [value];
  }
  replaceNode(graph, transpose);
  replaceValue(graph, result, turned.get(transpose.inputs[0] ?? null) as Value);
}

/** Permutes rows of weights [K, M]: those from `start` on that stand in the order of `image` [N, ...]. */
function reorderRows(
  gemm: Node,
  start: number,
  image: Value,
  permutation: readonly number[],
): void {
  const weights = gemm.inputs[1] as FloatConstant;
  const units = weights.shape[1] as number;
  const sizes = [...image.shape.slice(1).map(Number), units];
  const order = [...permutation.slice(1).map((axis) => axis - 1), sizes.length - 1];
  const [from, to] = [start * units, start * units + elementCount(sizes)];
  gemm.inputs[1] = derive("float32", weights, (data) => {
    const moved = permute(data.subarray(from, to), sizes, order);
    if (moved.length === data.length) return moved;
    const result = data.slice();
    result.set(moved, from);
    return result;
  });
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
