/** Stretches of a graph that work on each element alone, so that the order of elements does not matter to them. */
import { consumersOf, producersOf } from "../ir/edit.js";
import { type Graph, isConstant, type Node, type Value } from "../ir/types.js";

const ELEMENTWISE: ReadonlySet<string> = new Set([
  "Abs",
  "Add",
  "Clip",
  "Div",
  "Elu",
  "Erf",
  "Exp",
  "HardSigmoid",
  "LeakyRelu",
  "Max",
  "Min",
  "Mul",
  "Relu",
  "Sigmoid",
  "Softplus",
  "Sub",
  "Tanh",
  "ThresholdedRelu",
]);

const isVariable = (value: Value) => !isConstant(value);

/** True for an operator of each element alone whose constants are the same for all elements. */
function isElementwise({ op, inputs }: Node): boolean {
  return (
    ELEMENTWISE.has(op) && inputs.every((input) => !isConstant(input) || input.shape.length === 0)
  );
}

/**
 * The element-wise nodes, in order, that make `end` of the one value `start`. Undefined where they need
 * another value as well, or where something else uses a value from `start` on: `end` has one use.
 */
export function elementwiseBefore(
  graph: Graph,
  end: Value,
): { start: Value; nodes: Node[] } | undefined {
  const producers = producersOf(graph);
  const members = new Set<Node>();
  const starts = new Set<Value>();
  const open = [end];
  for (const value of open) {
    const node = producers.get(value);
    if (node === undefined || !isElementwise(node)) starts.add(value);
    else if (!members.has(node)) {
      members.add(node);
      open.push(...node.inputs.filter((input) => input !== null).filter(isVariable));
    }
  }
  const [start, another] = starts;
  if (start === undefined || another !== undefined) return undefined;
  const consumers = consumersOf(graph);
  const closed = open.every((value) => {
    const users = consumers.get(value) ?? [];
    if (graph.outputs.includes(value)) return false;
    return value === end ? users.length === 1 : users.every((user) => members.has(user));
  });
  return closed ? { start, nodes: graph.nodes.filter((node) => members.has(node)) } : undefined;
}

/**
 * The other nodes that use a value or what element-wise nodes make of it, each with what it takes.
 * Undefined where one of these values is an output of the graph or joined with another value.
 */
export function elementwiseBehind(
  graph: Graph,
  start: Value,
): { node: Node; input: Value }[] | undefined {
  const values = new Set<Value | null>([start]);
  const users: { node: Node; input: Value }[] = [];
  for (const node of graph.nodes) {
    const taken = node.inputs.filter((input) => values.has(input)) as Value[];
    if (taken.length === 0) continue;
    if (isElementwise(node)) {
      if (!node.inputs.every((input) => isConstant(input) || values.has(input))) return undefined;
      for (const output of node.outputs) values.add(output);
    } else users.push(...taken.map((input) => ({ node, input })));
  }
  return graph.outputs.some((output) => values.has(output)) ? undefined : users;
}
