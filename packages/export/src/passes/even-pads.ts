/** Pads transposed convolutions evenly, since CUDA leaves every other one to the CPU. */
import { intsConstant } from "../ir/constants.js";
import { replaceNode } from "../ir/edit.js";
import { type Dim, type Graph, ints, type Node, type Value } from "../ir/types.js";
import type { Pass } from "./run.js";

/**
 * ConvTranspose that drops more behind an axis than before it, or less: it drops the same on both sides, and a Slice
 * the rest. To run when nothing is left to fold into the ConvTranspose.
 */
export const evenPads: Pass = {
  name: "even-pads",
  run(graph: Graph): boolean {
    let changed = false;
    for (const node of [...graph.nodes]) {
      if (node.op !== "ConvTranspose") continue;
      const rest = restOf(node);
      if (rest.every(({ before, after }) => before + after === 0)) continue;
      cutAfter(graph, node, rest);
      changed = true;
    }
    return changed;
  },
};

interface Axis {
  /** Dropped on both sides by the ConvTranspose itself. */
  even: number;
  /** Dropped by the Slice. */
  before: number;
  after: number;
}

function restOf({ attributes }: Node): Axis[] {
  const pads = (attributes.pads?.value ?? []) as readonly number[];
  const rank = pads.length / 2;
  return Array.from({ length: rank }, (_, axis) => {
    const [before, after] = [pads[axis] as number, pads[axis + rank] as number];
    const even = Math.min(before, after);
    return { even, before: before - even, after: after - even };
  });
}

function cutAfter(graph: Graph, node: Node, rest: readonly Axis[]): void {
  const output = node.outputs[0] as Value;
  const [batch, channels, ...sizes] = output.shape as [Dim, Dim, ...number[]];
  const uncut = rest.map(({ before, after }, axis) => before + (sizes[axis] as number) + after);
  const whole = { ...output, name: `${output.name}/uncut`, shape: [batch, channels, ...uncut] };
  const ranges = rest.flatMap(({ before, after }, axis) => {
    const range = { axis: axis + 2, from: before, to: before + (sizes[axis] as number) };
    return before + after > 0 ? [range] : [];
  });
  const list = (key: "from" | "to" | "axis") => intsConstant(ranges.map((range) => range[key]));
  const even = rest.map((axis) => axis.even);
  const attributes = { ...node.attributes, pads: ints([...even, ...even]) };
  const inputs = [whole, list("from"), list("to"), list("axis")];
  replaceNode(
    graph,
    node,
    { ...node, outputs: [whole], attributes },
    { op: "Slice", inputs, outputs: [output], attributes: {} },
  );
}
