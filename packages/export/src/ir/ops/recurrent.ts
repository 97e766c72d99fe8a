/** Recurrent layers over time-major sequences, in one direction. */
import type { GraphBuilder } from "../builder.js";
import { type Dim, floats, int, string, strings, type Value } from "../types.js";
import { squeeze, unsqueeze } from "./shape.js";
import { known, misfit, needRank, show } from "./shapes.js";

/** Sums of gates: RNN one, GRU update, reset, hidden; LSTM input, output, forget, cell. */
const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;

/** Gates one behind the other: input [1, gates H, I], hidden [1, gates H, H], bias [1, 2 gates H]. */
export interface RecurrentWeights {
  input: Value;
  hidden: Value;
  bias: Value | null;
}

/** An activation of gates, by its ONNX name, with the constants it takes. */
export interface GateActivation {
  name: string;
  alpha?: number;
  beta?: number;
}

/**
 * x [T, N, I] -> the hidden state after each step [T, N, H], in the order of x whatever the
 * direction, and the last states (hidden; LSTM also cell), each [N, H]. States before the first step
 * are 0 unless given. https://onnx.ai/onnx/operators/onnx__RNN.html, onnx__GRU.html, onnx__LSTM.html
 */
export function recurrent(
  g: GraphBuilder,
  op: keyof typeof GATES,
  x: Value,
  { input, hidden, bias }: RecurrentWeights,
  options: {
    backwards: boolean;
    activations: readonly GateActivation[];
    initial?: readonly Value[];
  },
): { sequence: Value; states: Value[] } {
  needRank(op, x, 3);
  const [steps, batch] = x.shape as [Dim, Dim, Dim];
  const units = known(op, hidden, 2);
  if (input.shape[1] !== GATES[op] * units || input.shape[2] !== x.shape[2]) {
    throw misfit(op, `weights ${show(input.shape)} do not take ${show(x.shape)} to ${units} units`);
  }
  const { backwards, activations, initial = [] } = options;
  const state = { shape: [1, batch, units] };
  const states = op === "LSTM" ? [state, state] : [state];
  const before = initial.map((value) => unsqueeze(g, value, 0));
  const inputs = [x, input, hidden, bias, ...(before.length > 0 ? [null, ...before] : [])];
  const [all, ...last] = g.nodeWith(
    op,
    inputs.at(-1) === null ? inputs.slice(0, -1) : inputs,
    [{ shape: [steps, 1, batch, units] }, ...states],
    {
      hidden_size: int(units),
      direction: string(backwards ? "reverse" : "forward"),
      ...activationAttributes(activations),
    },
  );
  return {
    sequence: squeeze(g, all as Value, 1),
    states: last.map((value) => squeeze(g, value, 0)),
  };
}

/** Constants are listed for those activations alone that take any. */
function activationAttributes(activations: readonly GateActivation[]) {
  const alphas = activations.flatMap(({ alpha }) => alpha ?? []);
  const betas = activations.flatMap(({ beta }) => beta ?? []);
  return {
    activations: strings(activations.map(({ name }) => name)),
    ...(alphas.length > 0 ? { activation_alpha: floats(alphas) } : {}),
    ...(betas.length > 0 ? { activation_beta: floats(betas) } : {}),
  };
}
