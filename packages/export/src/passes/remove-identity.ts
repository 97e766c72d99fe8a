/** Removes nodes that hand their input on unchanged. */
import { replaceNode, replaceValue } from "../ir/edit.js";
import { type Graph, isConstant, type Node, type Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/**
 * Removed: Identity, and a Reshape to the shape that its input has. Kept where the node gives an
 * output of the graph and its input is an input, another output or a constant: a value has one
 * name.
 */
export const removeIdentity: Pass = {
  name: "remove-identity",
  run(graph: Graph): boolean {
    const idle = graph.nodes.filter((node) => changesNothing(node) && canGo(graph, node));
    for (const node of idle) {
      const [input] = node.inputs;
      const [output] = node.outputs;
      if (!input || !output || !canGo(graph, node)) continue;
      replaceNode(graph, node);
      replaceValue(graph, output, input);
    }
    return idle.length > 0;
  },
};

function changesNothing({ op, inputs, outputs }: Node): boolean {
  if (op === "Identity") return true;
  return op === "Reshape" && sameShape(inputs[0], outputs[0]);
}

function sameShape(a: Value | null | undefined, b: Value | undefined): boolean {
  return a?.shape.join() === b?.shape.join();
}

function canGo(graph: Graph, { inputs: [input], outputs: [output] }: Node): boolean {
  if (!input || !output) return false;
  if (!graph.outputs.includes(output)) return true;
  return ![...graph.inputs, ...graph.outputs].includes(input) && !isConstant(input);
}
