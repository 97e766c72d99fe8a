/** Computes what depends on constants alone. */
import { constant } from "../ir/constants.js";
import { replaceNode, replaceValue } from "../ir/edit.js";
import { elementCount, expand, permute } from "../ir/tensor.js";
import {
  byteLength,
  type FloatConstant,
  type Graph,
  isConstant,
  isFloats,
  type Node,
} from "../ir/types.js";
import type { Pass } from "./run.js";

/** What a node of these inputs gives, in an array of this shape. */
type Fold = (
  inputs: readonly FloatConstant[],
  shape: readonly number[],
  node: Node,
) => Float32Array;

/** Results up to this size may take more room than what they are made of. */
const SMALL_BYTES = 1024;

const each =
  (map: (x: number) => number): Fold =>
  ([x]) =>
    (x as FloatConstant).data.map(map);

/** One of the inputs after the other, broadcast, each step rounded to float32. */
const joined =
  (join: (a: number, b: number) => number): Fold =>
  (inputs, shape) => {
    const [first, ...rest] = inputs.map((input) => expand(input.data, input.shape, shape));
    return rest.reduce(
      (sum, b) => sum.map((a, at) => join(a, b[at] as number)),
      first as Float32Array,
    );
  };

const same: Fold = ([x]) => (x as FloatConstant).data;

const concatenated: Fold = (inputs, shape, { attributes }) => {
  const axis = Number(attributes.axis?.value);
  const result = new Float32Array(elementCount(shape));
  const rows = elementCount(shape.slice(0, axis));
  let offset = 0;
  for (const input of inputs) {
    const { data } = input;
    const width = data.length / rows;
    for (let row = 0; row < rows; row++) {
      const part = data.subarray(row * width, (row + 1) * width);
      result.set(part, (row * result.length) / rows + offset);
    }
    offset += width;
  }
  return result;
};

/** Operators whose results are exact in float32: rounded once, from float64, or not at all. */
const FOLDS: Readonly<Record<string, Fold>> = {
  Abs: each(Math.abs),
  Add: joined((a, b) => a + b),
  Concat: concatenated,
  Div: joined((a, b) => a / b),
  Expand: ([x], shape) => expand((x as FloatConstant).data, (x as FloatConstant).shape, shape),
  Identity: same,
  Max: joined(Math.max),
  Min: joined(Math.min),
  Mul: joined((a, b) => a * b),
  Reshape: same,
  Sqrt: each(Math.sqrt),
  Squeeze: same,
  Sub: joined((a, b) => a - b),
  Transpose: ([x], _, { attributes }) =>
    permute(
      (x as FloatConstant).data,
      (x as FloatConstant).shape,
      attributes.perm?.value as readonly number[],
    ),
  Unsqueeze: same,
};

/**
 * Folded: operators of `FOLDS` on float32 constants, where the result takes no more room than they do, or
 * next to none. Kept: those that give an output of the graph, which a node has to make.
 */
export const foldConstants: Pass = {
  name: "fold-constants",
  run(graph: Graph): boolean {
    let changed = false;
    // In the order of computing, so that a result folds on in the same round.
    for (const node of [...graph.nodes]) {
      const folded = fold(node);
      const [output] = node.outputs;
      if (!folded || !output || graph.outputs.includes(output)) continue;
      replaceNode(graph, node);
      replaceValue(graph, output, folded);
      changed = true;
    }
    return changed;
  },
};

function fold(node: Node): FloatConstant | undefined {
  const compute = Object.hasOwn(FOLDS, node.op) ? FOLDS[node.op] : undefined;
  const inputs = node.inputs.filter(isFloats);
  const [output] = node.outputs;
  if (!compute || !output || inputs.length === 0 || !node.inputs.every(isConstant))
    return undefined;
  const shape = output.shape.map(Number);
  const room = inputs.reduce((sum, input) => sum + byteLength(input), 0);
  if (byteLength({ dtype: "float32", shape }) > Math.max(room, SMALL_BYTES)) return undefined;
  return constant("float32", output.name, shape, () => compute(inputs, shape, node));
}
