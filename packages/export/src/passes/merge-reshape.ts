/** Makes one Reshape of two in a row. */
import { producersOf } from "../ir/edit.js";
import type { Graph } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Reshape(Reshape(x, a), b) = Reshape(x, b), since both keep the batch first. */
export const mergeReshape: Pass = {
  name: "merge-reshape",
  run(graph: Graph): boolean {
    const producers = producersOf(graph);
    let changed = false;
    for (const node of graph.nodes) {
      const [input] = node.inputs;
      const before = input ? producers.get(input) : undefined;
      if (node.op !== "Reshape" || before?.op !== "Reshape") continue;
      node.inputs[0] = before.inputs[0] ?? null;
      changed = true;
    }
    return changed;
  },
};
