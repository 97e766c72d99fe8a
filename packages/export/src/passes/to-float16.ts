/** Turns a float32 graph into one that stores and computes float16. */
import { OptionError } from "../errors.js";
import { derive } from "../ir/constants.js";
import { MAX_HALF, toHalf } from "../ir/half.js";
import { PROTO_TYPES } from "../ir/ops/proto-types.js";
import { type Graph, int, isFloats, type Node, type Value } from "../ir/types.js";

/** Inputs that operators take as float32 whatever the type of the others, by index. */
const ALWAYS_FLOAT32: Readonly<Record<string, number>> = { Resize: 2 };

/**
 * Every float32 value becomes float16; with a float32 border, inputs are cast on their way in and
 * outputs on their way out. An input that is read as whole numbers stays float32 (float16 would round
 * indices above 2048). Throws OptionError for a weight beyond the range of float16.
 */
export function toFloat16(graph: Graph, border: "float32" | "float16"): void {
  const halves = new Map<Value, Value>();
  const half = (value: Value): Value => {
    const known = halves.get(value);
    if (known !== undefined) return known;
    const made = isFloats(value)
      ? derive("float16", value, (data) => toHalf(inRange(value.name, data)))
      : value.dtype === "float32"
        ? { ...value, dtype: "float16" as const }
        : value;
    halves.set(value, made);
    return made;
  };
  const { inputs, outputs } = graph;
  const indices = new Set(graph.nodes.filter(readsWholeNumbers).map((node) => node.inputs[0]));
  for (const node of graph.nodes) {
    const keep = readsWholeNumbers(node) && inputs.includes(node.inputs[0] as Value);
    convert(node, keep ? (value) => value : half, half);
  }
  const float32Border = border === "float32";
  graph.inputs = inputs.map((input) => (float32Border || indices.has(input) ? input : half(input)));
  graph.outputs = float32Border ? outputs : outputs.map(half);
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  const entering = inputs.filter((input, index) => graph.inputs[index] === input);
  graph.nodes = [
    ...entering
      .filter((input) => used.has(half(input)))
      .flatMap((input) => cast(input, half(input))),
    ...graph.nodes,
    ...(float32Border ? outputs.flatMap((output) => cast(half(output), output)) : []),
  ];
}

/** A Cast to whole numbers: of indices. */
function readsWholeNumbers({ op, attributes }: Node): boolean {
  return op === "Cast" && attributes.to?.value !== PROTO_TYPES.float32;
}

function convert(
  node: Node,
  input: (value: Value) => Value,
  output: (value: Value) => Value,
): void {
  const float32 = ALWAYS_FLOAT32[node.op];
  node.inputs = node.inputs.map((value, index) =>
    value === null || index === float32 ? value : input(value),
  );
  node.outputs = node.outputs.map(output);
  if (node.op === "Cast" && !readsWholeNumbers(node)) {
    node.attributes = { to: int(PROTO_TYPES.float16) };
  }
}

/** A Cast between a value of the border and its float16 one inside, which takes a name of its own. */
function cast(from: Value, to: Value): Node[] {
  if (from.dtype === to.dtype) return [];
  const inside = from.dtype === "float16" ? from : to;
  inside.name = `${inside.name}/float16`;
  const attributes = { to: int(PROTO_TYPES[to.dtype]) };
  return [{ op: "Cast", inputs: [from], outputs: [to], attributes }];
}

function inRange(name: string, data: Float32Array): Float32Array {
  const beyond = data.find((value) => !(Math.abs(value) <= MAX_HALF));
  if (beyond === undefined) return data;
  throw new OptionError(
    `precision float16: "${name}" holds ${beyond}, beyond ${MAX_HALF}. Export float32, or int8 weights.`,
  );
}
