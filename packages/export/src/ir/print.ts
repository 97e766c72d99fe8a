/** The text form of a graph: stable, a line a node, made for reading and for snapshots. */
import { fromHalf } from "./half.js";
import { elementCount } from "./tensor.js";
import { type Attribute, type Graph, isConstant, type Node, type Value } from "./types.js";

/** Constants up to this many elements are printed as what they hold. */
const MAX_LITERAL = 8;

/**
 * A graph as text: its inputs and outputs, then each node as `value [shape] = Op(inputs)
 * {attributes}`. Small constants are written as their values, others as `name [shape]`; float32
 * goes without saying.
 */
export function printGraph(graph: Graph): string {
  const lines = [
    `graph ${graph.name}, opset ${graph.opset}`,
    `inputs  ${graph.inputs.map(declare).join(", ")}`,
    `outputs ${graph.outputs.map(declare).join(", ")}`,
    ...graph.nodes.map(printNode),
  ];
  return `${lines.join("\n")}\n`;
}

function printNode(node: Node): string {
  const inputs = node.inputs.map(printInput).join(", ");
  const attributes = Object.entries(node.attributes).map(
    ([name, attribute]) => `${name}=${printAttribute(attribute)}`,
  );
  const suffix = attributes.length === 0 ? "" : ` {${attributes.join(", ")}}`;
  return `  ${node.outputs.map(declare).join(", ")} = ${node.op}(${inputs})${suffix}`;
}

function printInput(value: Value | null): string {
  if (value === null) return "-";
  if (!isConstant(value)) return value.name;
  const scalar = value.shape.length === 0;
  const short = value.dtype === "int64" && elementCount(value.shape) <= MAX_LITERAL;
  if (!scalar && !short) return declare(value);
  const numbers = Array.from<number | bigint>(value.data).map((number) =>
    printNumber(value.dtype === "float16" ? fromHalf(Number(number)) : number),
  );
  return scalar ? numbers.join() : `[${numbers.join(", ")}]`;
}

function declare({ name, shape, dtype }: Value): string {
  return `${name}${dtype === "float32" ? "" : ` ${dtype}`} [${shape.join(", ")}]`;
}

function printAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case "string":
      return attribute.value;
    case "ints":
    case "strings":
      return `[${attribute.value.join(", ")}]`;
    case "floats":
      return `[${attribute.value.map(printNumber).join(", ")}]`;
    default:
      return printNumber(attribute.value);
  }
}

/** Six digits: enough to tell float32 values apart, and 0.1 stays 0.1. */
function printNumber(value: number | bigint): string {
  return typeof value === "bigint" ? String(value) : String(Number(value.toPrecision(6)));
}
