/** Stores constants once that are equal to the bit. */
import { ConstantPool, isDeferred } from "../ir/constants.js";
import { type Graph, isConstant } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Builders do so for what translators make; this is for what passes make. Large ones are not read to compare them. */
export const mergeConstants: Pass = {
  name: "merge-constants",
  run(graph: Graph): boolean {
    const pool = new ConstantPool();
    let changed = false;
    for (const node of graph.nodes) {
      node.inputs = node.inputs.map((input) => {
        if (!isConstant(input) || isDeferred(input)) return input;
        const first = pool.once(input);
        changed ||= first !== input;
        return first;
      });
    }
    return changed;
  },
};
