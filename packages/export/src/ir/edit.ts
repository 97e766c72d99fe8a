/** What passes need to find their way in a graph and to change it. */
import type { Graph, Node, Value } from "./types.js";

/** The node that makes each value; inputs and constants have none. */
export function producersOf(graph: Graph): Map<Value, Node> {
  return new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
}

/** The nodes that use each value, once per use. */
export function consumersOf(graph: Graph): Map<Value, Node[]> {
  const consumers = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input !== null) consumers.set(input, [...(consumers.get(input) ?? []), node]);
    }
  }
  return consumers;
}

/** Lets everything that used `from` use `to`; an output of the graph keeps its name. */
export function replaceValue(graph: Graph, from: Value, to: Value): void {
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map((input) => (input === from ? to : input));
  }
  graph.outputs.forEach((output, index) => {
    if (output !== from) return;
    to.name = from.name;
    graph.outputs[index] = to;
  });
}

/** Puts nodes in the place of one. */
export function replaceNode(graph: Graph, old: Node, ...nodes: Node[]): void {
  graph.nodes.splice(graph.nodes.indexOf(old), 1, ...nodes);
}
