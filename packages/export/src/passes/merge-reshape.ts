/** Makes one Reshape of two in a row. */
import { intsConstant } from "../ir/constants.js";
import { producersOf } from "../ir/edit.js";
import { canReshape, reshapeTarget } from "../ir/layout.js";
import type { Graph } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Reshape(Reshape(x, a), b) = Reshape(x, b). */
export const mergeReshape: Pass = {
  name: "merge-reshape",
  run(graph: Graph): boolean {
    const producers = producersOf(graph);
    let changed = false;
    for (const node of graph.nodes) {
      const [input] = node.inputs;
      const before = input ? producers.get(input) : undefined;
      if (node.op !== "Reshape" || before?.op !== "Reshape") continue;
      const [source] = before.inputs;
      const [output] = node.outputs;
      if (!source || !output || !canReshape(output.shape, source.shape)) continue;
      node.inputs = [source, intsConstant(reshapeTarget(output.shape, source.shape))];
      changed = true;
    }
    return changed;
  },
};
