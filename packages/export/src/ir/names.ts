/** Gives every value of a graph a name of its own, the same ones for the same graph. */
import { constantsOf, type Graph, type Value } from "./types.js";

/** Keeps the names of inputs and outputs; others get a number behind a name that is taken. */
export function assignNames(graph: Graph): void {
  const taken = new Set<string>();
  const border = new Set<Value>([...graph.inputs, ...graph.outputs]);
  for (const value of border) taken.add(value.name);
  const inside = [...constantsOf(graph), ...graph.nodes.flatMap((node) => node.outputs)];
  for (const value of inside) {
    if (border.has(value)) continue;
    value.name = firstFree(value.name, taken);
    taken.add(value.name);
  }
}

function firstFree(wish: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wish)) return wish;
  for (let number = 2; ; number++) {
    const name = `${wish}_${number}`;
    if (!taken.has(name)) return name;
  }
}
