/** Removes nodes and outputs that nobody uses. */
import type { Graph, Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/** Operators that may be asked for their first outputs alone. */
const OPTIONAL_OUTPUTS: ReadonlySet<string> = new Set(["GRU", "LSTM", "RNN"]);

/** Walks from the outputs back; what is not met goes, last outputs of recurrent operators too. */
export const removeDead: Pass = {
  name: "remove-dead",
  run(graph: Graph): boolean {
    const used = new Set<Value | null>(graph.outputs);
    let trimmed = false;
    const kept = graph.nodes.toReversed().filter((node) => {
      const last = node.outputs.findLastIndex((output) => used.has(output));
      if (last < 0) return false;
      for (const input of node.inputs) used.add(input);
      if (OPTIONAL_OUTPUTS.has(node.op) && last < node.outputs.length - 1) {
        node.outputs = node.outputs.slice(0, last + 1);
        trimmed = true;
      }
      return true;
    });
    const changed = trimmed || kept.length < graph.nodes.length;
    graph.nodes = kept.reverse();
    return changed;
  },
};
