/** Removes nodes whose outputs nobody uses. */
import type { Graph, Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Walks from the outputs back; what is not met goes. */
export const removeDead: Pass = {
  name: "remove-dead",
  run(graph: Graph): boolean {
    const used = new Set<Value | null>(graph.outputs);
    const kept = graph.nodes.toReversed().filter((node) => {
      const needed = node.outputs.some((output) => used.has(output));
      if (needed) for (const input of node.inputs) used.add(input);
      return needed;
    });
    const changed = kept.length < graph.nodes.length;
    graph.nodes = kept.reverse();
    return changed;
  },
};
