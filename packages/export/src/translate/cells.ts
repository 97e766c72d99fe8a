/** Recurrent cells run over whole sequences: as ONNX's recurrent operators where those serve. */
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { GateActivation } from "../ir/ops/recurrent.js";
import { permute } from "../ir/tensor.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer, SourceTensor } from "../source/types.js";
import { unsupported, weight } from "./config.js";
import { runSteps } from "./steps.js";

/** What a run over a sequence gives. */
export interface Run {
  /** Outputs [T, N, H], in the order of the input. */
  sequence: Value;
  /** The output [N, H] at the step computed last. */
  last: Value;
  /** Then, as tf.js lists states: of a stack, the top cell's first. */
  states: Value[];
}

interface Cell {
  op: "RNN" | "GRU" | "LSTM";
  states: number;
  /** Which of tf.js' gates stands where: ONNX has the output gate of an LSTM second. */
  gates: readonly number[];
  activations: readonly ("activation" | "recurrentActivation")[];
}

/**
 * The equations are those of tf.js (4.22, layers/recurrent.ts), which has no GRU that resets after
 * the product: `linear_before_reset` stays 0.
 */
const CELLS: Readonly<Record<string, Cell>> = {
  SimpleRNNCell: { op: "RNN", states: 1, gates: [0], activations: ["activation"] },
  GRUCell: {
    op: "GRU",
    states: 1,
    gates: [0, 1, 2],
    activations: ["recurrentActivation", "activation"],
  },
  LSTMCell: {
    op: "LSTM",
    states: 2,
    gates: [0, 3, 1, 2],
    activations: ["recurrentActivation", "activation", "activation"],
  },
};

/**
 * The activations that recurrent operators have, by their names in tf.js. Softplus is left out: that
 * of ONNX Runtime (1.30) overflows for sums above 88. Cells with others are written step by step.
 */
const ACTIVATIONS: Readonly<Record<string, GateActivation>> = {
  elu: { name: "Elu", alpha: 1 },
  hardSigmoid: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
  linear: { name: "Affine", alpha: 1, beta: 0 },
  relu: { name: "Relu" },
  sigmoid: { name: "Sigmoid" },
  softsign: { name: "Softsign" },
  tanh: { name: "Tanh" },
};

/** How a sequence is run through. */
export interface Way {
  backwards: boolean;
  /** States before the first step, as tf.js lists them; none stands for 0. */
  initial: readonly Value[];
  /** Step by step, whatever the operators can do. */
  unrolled: boolean;
}

/** Runs x [T, N, I] through a cell, or through the cells of a stack one after the other. */
export function runCell(cell: SourceLayer, x: Value, way: Way, g: GraphBuilder): Run {
  const cells = cell.className === "StackedRNNCells" ? cell.inner : [cell];
  const initial = [...way.initial];
  const states: Value[][] = [];
  let sequence = x;
  for (const part of cells) {
    const { states: count } = cellOf(part);
    // The bottom cell's states are the last ones.
    const own = initial.splice(Math.max(0, initial.length - count), count);
    const run = runOne(part, sequence, { ...way, initial: own }, g);
    sequence = run.sequence;
    states.unshift(run.states);
  }
  return { sequence, last: states[0]?.[0] as Value, states: states.flat() };
}

function cellOf(cell: SourceLayer): Cell {
  const known = Object.hasOwn(CELLS, cell.className) ? CELLS[cell.className] : undefined;
  if (known !== undefined) return known;
  throw unsupported("cell", cell.className, `${Object.keys(CELLS).join(", ")} or a stack of them`);
}

function runOne(cell: SourceLayer, x: Value, way: Way, g: GraphBuilder) {
  const { op, gates, activations } = cellOf(cell);
  const { backwards, initial } = way;
  const served = activations.map((attribute) => {
    const name = String(cell.config[attribute]);
    return Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  });
  const known = served.filter((activation) => activation !== undefined);
  if (way.unrolled || known.length < served.length) return runSteps(op, cell, x, way, g);
  const weights = {
    input: gateWeights("kernel", weight(cell, "kernel"), gates, g),
    hidden: gateWeights("recurrent_kernel", weight(cell, "recurrent_kernel"), gates, g),
    bias: cell.weights.bias === undefined ? null : gateBias(cell.weights.bias, gates, g),
  };
  return ops.recurrent(g, op, x, weights, {
    backwards,
    initial,
    activations: known,
  });
}

/** [I, gates H] -> [1, gates H, I], gates in ONNX's order. */
function gateWeights(
  name: string,
  kernel: SourceTensor,
  gates: readonly number[],
  g: GraphBuilder,
): Value {
  const { shape } = kernel;
  const [size = 1, columns = 1] = shape;
  const rows = () => reorder(permute(kernel.data, shape, [1, 0]), gates);
  return g.constant(name, rows, [1, columns, size], kernel);
}

/** [gates H] -> [1, 2 gates H]: that of the input's product, and 0 for the state's. */
function gateBias({ data }: SourceTensor, gates: readonly number[], g: GraphBuilder): Value {
  const both = new Float32Array(2 * data.length);
  both.set(reorder(data, gates));
  return g.constant("bias", both, [1, both.length]);
}

/** Blocks of equal length in another order. */
function reorder(data: Float32Array, order: readonly number[]): Float32Array {
  const length = data.length / order.length;
  const result = new Float32Array(data.length);
  order.forEach((from, to) => {
    result.set(data.subarray(from * length, (from + 1) * length), to * length);
  });
  return result;
}
