/** Lets a convolution do the padding before it. */
import { consumersOf } from "../ir/edit.js";
import { type Graph, ints, isConstant, isFloats, type Node } from "../ir/types.js";
import type { Pass } from "./run.js";

/**
 * Pad, Conv: the Conv pads with zeros by itself. Only zeros around rows and columns, and only where
 * nothing but Convs uses the padded image.
 */
export const foldPad: Pass = {
  name: "fold-pad",
  run(graph: Graph): boolean {
    const consumers = consumersOf(graph);
    let changed = false;
    for (const node of graph.nodes) {
      const [input = null] = node.inputs;
      const [output] = node.outputs;
      const pads = padsOf(node);
      if (pads === undefined || !output || graph.outputs.includes(output)) continue;
      const users = consumers.get(output) ?? [];
      const foldable = ({ op, inputs }: Node) => op === "Conv" && !inputs.includes(output, 1);
      if (users.length === 0 || !users.every(foldable)) continue;
      for (const conv of users) {
        const own = (conv.attributes.pads?.value ?? [0, 0, 0, 0]) as readonly number[];
        const sum = own.map((size, index) => size + (pads[index] ?? 0));
        conv.attributes = { ...conv.attributes, pads: ints(sum) };
        conv.inputs[0] = input;
      }
      changed = true;
    }
    return changed;
  },
};

/** [top, left, bottom, right] of a Pad that only puts zeros there. */
function padsOf({ op, inputs: [, ends, value = null] }: Node): number[] | undefined {
  if (op !== "Pad" || !isConstant(ends) || ends.data.length !== 8) return undefined;
  if (value !== null && !(isFloats(value) && value.data[0] === 0)) return undefined;
  const sizes = Array.from(ends.data, Number);
  const around = [2, 3, 6, 7].map((index) => sizes[index] ?? 0);
  const elsewhere = [0, 1, 4, 5].some((index) => sizes[index] !== 0);
  return elsewhere || Math.min(...around) < 0 ? undefined : around;
}
