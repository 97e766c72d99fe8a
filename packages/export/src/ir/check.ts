/** The invariants of a graph, checked after building and after every pass that changed it. */
import { GraphError } from "../errors.js";
import { isDeferred } from "./constants.js";
import { elementCount } from "./tensor.js";
import { constantsOf, type Graph, isConstant, type Value } from "./types.js";

/** `checkStructure`, and every name is unique. Throws GraphError for what is broken first. */
export function checkGraph(graph: Graph): void {
  checkStructure(graph);
  const names = new Set<string>();
  for (const value of valuesOf(graph)) {
    if (value.name === "") fail(graph, "a value without a name");
    if (names.has(value.name)) fail(graph, `two values named "${value.name}"`);
    names.add(value.name);
  }
}

/** Values are made once, before their use; sizes are known or named; outputs exist. */
export function checkStructure(graph: Graph): void {
  const made = new Set<Value>(graph.inputs);
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input === null || isConstant(input) || made.has(input)) continue;
      fail(graph, `${node.op} uses "${input.name}" before it is made`);
    }
    for (const output of node.outputs) {
      if (made.has(output)) fail(graph, `"${output.name}" is made twice, again by ${node.op}`);
      made.add(output);
    }
  }
  for (const output of graph.outputs) {
    if (!made.has(output)) fail(graph, `output "${output.name}" is never made`);
  }
  if (new Set(graph.outputs).size < graph.outputs.length) fail(graph, "one value is two outputs");
  for (const value of valuesOf(graph)) checkShape(graph, value);
}

function checkShape(graph: Graph, value: Value): void {
  for (const size of value.shape) {
    const known = typeof size === "string" ? size !== "" : Number.isSafeInteger(size) && size > 0;
    if (!known) fail(graph, `"${value.name}" has shape [${value.shape.join(", ")}]`);
  }
  if (!isConstant(value) || isDeferred(value)) return;
  if (value.data.length !== elementCount(value.shape)) {
    fail(
      graph,
      `constant "${value.name}" has ${value.data.length} elements for [${value.shape.join(", ")}]`,
    );
  }
}

/** Inputs, constants and what nodes make. */
function valuesOf(graph: Graph): Value[] {
  return [...graph.inputs, ...constantsOf(graph), ...graph.nodes.flatMap((node) => node.outputs)];
}

function fail(graph: Graph, problem: string): never {
  throw new GraphError(`Graph "${graph.name}" is not valid: ${problem}.`);
}
