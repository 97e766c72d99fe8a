/** Recurrent layers, in one direction and in both, and layers repeated over time. */
import { UnsupportedError } from "../errors.js";
import type { GraphBuilder } from "../ir/builder.js";
import * as ops from "../ir/ops/index.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { type Run, runCell } from "./cells.js";
import { flag, knownSize, single, unsupported } from "./config.js";
import type { TranslationContext, Translator } from "./types.js";

/** The layers that `Bidirectional` can run. */
const RECURRENT: readonly string[] = ["GRU", "LSTM", "RNN", "SimpleRNN"];

/**
 * x [N, T, I] and perhaps states [N, H] -> the output at the step computed last [N, H], or with
 * `returnSequences` at all steps [N, T, H] in the order computed; with `returnState` the last states
 * too.
 */
export const recurrent: Translator = (layer, inputs, g, context) => {
  const [x, ...initial] = inputs.map((input) => g.as(input, "source"));
  const { output, states } = computed(layer, timeMajor(x as Value, g), initial, g, context);
  return [given(layer, output, g), ...(flag(layer, "returnState") ? states : [])];
};

/** Two layers, one of which goes backwards, and their outputs step by step as one, or as two. */
export const bidirectional: Translator = (layer, inputs, g, context) => {
  const [forward, backward] = layer.inner;
  const [x, ...initial] = inputs.map((input) => g.as(input, "source"));
  if (!forward || !backward || !RECURRENT.includes(forward.className)) {
    throw unsupported("layer", forward?.className, `one of ${RECURRENT.join(", ")}`);
  }
  const sequence = timeMajor(x as Value, g);
  const half = initial.length / 2;
  const there = g.scope("forward", () =>
    computed(forward, sequence, initial.slice(0, half), g, context),
  );
  const back = g.scope("backward", () =>
    computed(backward, sequence, initial.slice(half), g, context, "turned"),
  );
  const outputs = mergeBoth(layer, there.output, back.output, g);
  const states = flag(forward, "returnState") ? [...there.states, ...back.states] : [];
  return [...outputs.map((output) => given(forward, output, g)), ...states];
};

/** A layer applied to each step of x [N, T, ...]. */
export const timeDistributed: Translator = (layer, inputs, g, { translate }) => {
  const x = g.as(single(inputs), "source");
  const [inner] = layer.inner;
  if (inner === undefined) throw new UnsupportedError("it wraps no layer");
  // A Dense looks at the last axis alone, and so is the same at each step and at all of them.
  if (inner.className === "Dense") return translate(inner, [x]);
  const [batch = 1, length] = x.shape;
  const steps = knownSize(length);
  const y = single(translate(inner, [ops.foldBatch(g, x)]));
  return [ops.unfoldBatch(g, g.as(y, "source"), batch, steps)];
};

/** A layer's output, time first where it is a sequence, in the order computed or the other one. */
function computed(
  layer: SourceLayer,
  x: Value,
  initial: readonly Value[],
  g: GraphBuilder,
  { maskedBy, unrollRecurrent: unrolled }: TranslationContext,
  order: "as computed" | "turned" = "as computed",
): { output: Value; states: Value[] } {
  const cell = cellOf(layer, maskedBy);
  const backwards = flag(layer, "goBackwards");
  const { sequence, last, states }: Run = runCell(cell, x, { backwards, initial, unrolled }, g);
  if (!flag(layer, "returnSequences")) return { output: last, states };
  const asGiven = backwards === (order === "turned");
  return { output: asGiven ? sequence : ops.reverse(g, sequence, 0), states };
}

/** The layer's cell, where the layer does nothing that a graph cannot. */
export function cellOf(layer: SourceLayer, maskedBy: string | undefined): SourceLayer {
  if (flag(layer, "stateful")) throw unsupported("stateful", true, "false; a graph has no memory");
  if (maskedBy !== undefined) {
    throw new UnsupportedError(`the mask that layer "${maskedBy}" makes is not supported`);
  }
  const [cell] = layer.inner;
  if (cell === undefined) throw new UnsupportedError("it has no cell");
  return cell;
}

function mergeBoth(layer: SourceLayer, a: Value, b: Value, g: GraphBuilder): Value[] {
  const { mergeMode } = layer.config;
  switch (mergeMode) {
    case "concat":
      return [ops.concat(g, [a, b], -1)];
    case "sum":
      return [ops.add(g, a, b)];
    case "ave":
      return [ops.mul(g, ops.add(g, a, b), g.scalar(0.5))];
    case "mul":
      return [ops.mul(g, a, b)];
    case null:
      return [a, b];
    default:
      throw unsupported("mergeMode", mergeMode, "one of concat, sum, ave, mul, null");
  }
}

/** [N, T, I] -> [T, N, I], what the operators take. */
function timeMajor(x: Value, g: GraphBuilder): Value {
  return ops.transpose(g, x, [1, 0, 2]);
}

/** A layer's output with the batch first again. */
function given(layer: SourceLayer, output: Value, g: GraphBuilder): Value {
  return flag(layer, "returnSequences") ? ops.transpose(g, output, [1, 0, 2]) : output;
}
