/** Recurrent cells step by step, for activations and providers that ONNX's operators do not serve. */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { FloatConstant, Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { activateElements } from "./activation.js";
import { biasOf, knownSize, weight } from "./config.js";

/** States [N, H], hidden first; before the first step, where none are given, all are 0. */
type States = readonly Value[] | undefined;

/** One step: sums of the input [N, gates H] and states to the next states. */
type Step = (sums: Value, before: States, tools: Tools) => readonly Value[];

/** What the steps of one cell share. */
interface Tools {
  g: GraphBuilder;
  /** A state times columns `from` to `to` (in units) of the recurrent kernel. */
  product: (state: Value, from: number, to: number) => Value;
  /** Gates `from` to `to` of sums [N, gates H]. */
  part: (sums: Value, from: number, to: number) => Value;
  activation: (x: Value) => Value;
  recurrentActivation: (x: Value) => Value;
}

/** h' = a(x + h U). */
const simple: Step = (sums, before, { g, product, activation }) => {
  const [h] = before ?? [];
  return [activation(h === undefined ? sums : ops.add(g, sums, product(h, 0, 1)))];
};

/** h' = z h + (1 - z) a(x + (r h) U), z and r the update and the reset gate. */
const gru: Step = (sums, before, tools) => {
  const { g, product, part, activation, recurrentActivation } = tools;
  const [h] = before ?? [];
  const gates = part(sums, 0, 2);
  const open = recurrentActivation(h === undefined ? gates : ops.add(g, gates, product(h, 0, 2)));
  const update = part(open, 0, 1);
  const own = part(sums, 2, 3);
  const rest = ops.sub(g, g.scalar(1), update);
  if (h === undefined) return [ops.mul(g, rest, activation(own))];
  const kept = product(ops.mul(g, part(open, 1, 2), h), 2, 3);
  const next = ops.mul(g, rest, activation(ops.add(g, own, kept)));
  return [ops.add(g, ops.mul(g, update, h), next)];
};

/** c' = f c + i a(x + h U), h' = o a(c'), from gates i, f, c, o. */
const lstm: Step = (sums, before, tools) => {
  const { g, product, part, activation, recurrentActivation } = tools;
  const [h, c] = before ?? [];
  const gates = h === undefined ? sums : ops.add(g, sums, product(h, 0, 4));
  const open = (index: number) => recurrentActivation(part(gates, index, index + 1));
  const added = ops.mul(g, open(0), activation(part(gates, 2, 3)));
  const cell = c === undefined ? added : ops.add(g, ops.mul(g, open(1), c), added);
  return [ops.mul(g, open(3), activation(cell)), cell];
};

const STEPS = { RNN: simple, GRU: gru, LSTM: lstm } as const;

/**
 * x [T, N, I] through a cell; gives what `ops.recurrent` gives: all hidden states [T, N, H] in the
 * order of x, and the last states. The input's products are taken for all steps at once.
 */
export function runSteps(
  op: keyof typeof STEPS,
  cell: SourceLayer,
  x: Value,
  { backwards, initial }: { backwards: boolean; initial: readonly Value[] },
  g: GraphBuilder,
): { sequence: Value; states: Value[] } {
  const kernel = weight(cell, "kernel");
  const product = ops.matMul(g, x, g.weight("kernel", kernel));
  const bias = biasOf(cell, g);
  const sums = bias === null ? product : ops.add(g, product, bias);
  const tools = toolsOf(cell, g);
  const order = Array.from({ length: knownSize(x.shape[0]) }, (_, step) => step);
  const hidden: Value[] = [];
  let states: States = initial.length > 0 ? initial : undefined;
  for (const step of backwards ? order.reverse() : order) {
    const row = ops.slice(g, sums, [{ axis: 0, from: step, to: step + 1 }]);
    states = STEPS[op](ops.squeeze(g, row, 0), states, tools);
    hidden.push(ops.unsqueeze(g, states[0] as Value, 0));
  }
  const inOrder = backwards ? hidden.reverse() : hidden;
  return { sequence: ops.concat(g, inOrder, 0), states: [...(states ?? [])] };
}

function toolsOf(cell: SourceLayer, g: GraphBuilder): Tools {
  const { data, shape } = weight(cell, "recurrent_kernel");
  const [units = 1, columns = 1] = shape;
  const columnsOf = (from: number, to: number): FloatConstant => {
    const width = (to - from) * units;
    const picked = Float32Array.from({ length: units * width }, (_, index) => {
      return data[Math.floor(index / width) * columns + from * units + (index % width)] ?? 0;
    });
    return g.constant("recurrent_kernel", picked, [units, width]);
  };
  return {
    g,
    product: (state, from, to) => ops.gemm(g, state, columnsOf(from, to), null),
    part: (sums, from, to) => ops.slice(g, sums, [{ axis: 1, from: from * units, to: to * units }]),
    activation: (x) => activateElements(cell, "activation", x, g),
    recurrentActivation: (x) => activateElements(cell, "recurrentActivation", x, g),
  };
}
