/** Makes one Transpose of two in a row, or none. */
import { producersOf } from "../ir/edit.js";
import { permuteList } from "../ir/layout.js";
import { type Graph, ints } from "../ir/types.js";
import type { Pass } from "./run.js";

/**
 * Transpose(Transpose(x, a), b) = Transpose(x, a in the order b), an Identity where that is the order
 * of x.
 */
export const mergeTranspose: Pass = {
  name: "merge-transpose",
  run(graph: Graph): boolean {
    const producers = producersOf(graph);
    let changed = false;
    for (const node of graph.nodes) {
      const [input] = node.inputs;
      const before = input ? producers.get(input) : undefined;
      if (node.op !== "Transpose" || before?.op !== "Transpose") continue;
      const [first, second] = [before, node].map(
        ({ attributes }) => attributes.perm?.value as readonly number[],
      ) as [readonly number[], readonly number[]];
      const both = permuteList(first, second);
      const idle = both.every((from, to) => from === to);
      node.op = idle ? "Identity" : "Transpose";
      node.attributes = idle ? {} : { perm: ints(both) };
      node.inputs = [before.inputs[0] ?? null];
      changed = true;
    }
    return changed;
  },
};
