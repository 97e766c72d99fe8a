/** ConvLSTM2D, for which ONNX has no operator: its steps, written out. */
import type { GraphBuilder } from "../ir/builder.js";
import { permuteList } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { permute } from "../ir/tensor.js";
import type { Constant, Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { activateElements } from "./activation.js";
import { biasOf, dataFormat, flag, knownSize, single, sizes, weight } from "./config.js";
import { padsOf } from "./image.js";
import { cellOf } from "./recurrent.js";
import type { Translator } from "./types.js";

/** Hidden and cell state, each [N, F, H', W']. */
interface State {
  hidden: Value;
  cell: Value;
}

/**
 * x [N, T, H, W, C] -> hidden states: the last [N, H', W', F], or with `returnSequences` all [N, T,
 * H', W', F]; with `returnState` the last hidden and cell state too. Products of input and kernels
 * are taken for all steps at once. https://arxiv.org/abs/1506.04214, equation 3 without its W o C
 * terms, as tf.js has it.
 */
export const convLstm2d: Translator = (layer, inputs, g, { maskedBy }) => {
  const cell = cellOf(layer, maskedBy);
  const last = dataFormat(cell) === "channelsLast";
  const x = ops.transpose(
    g,
    g.as(single(inputs), "source"),
    last ? [0, 1, 4, 2, 3] : [0, 1, 2, 3, 4],
  );
  const count = knownSize(x.shape[1]);
  const gates = gatesOfInput(cell, x, g);
  const order = Array.from({ length: count }, (_, step) => step);
  const states: State[] = [];
  for (const step of flag(layer, "goBackwards") ? order.reverse() : order) {
    const part = ops.slice(g, gates, [{ axis: 1, from: step, to: step + 1 }]);
    states.push(nextState(cell, ops.squeeze(g, part, 1), states.at(-1), g));
  }
  const back = (image: Value) => ops.transpose(g, image, last ? [0, 2, 3, 1] : [0, 1, 2, 3]);
  const end = states.at(-1) as State;
  const all = states.map(({ hidden }) => back(hidden));
  const output = flag(layer, "returnSequences")
    ? ops.concat(
        g,
        all.map((image) => ops.unsqueeze(g, image, 1)),
        1,
      )
    : (all.at(-1) as Value);
  return [output, ...(flag(layer, "returnState") ? [back(end.hidden), back(end.cell)] : [])];
};

/** x [N, T, C, H, W] -> what the input adds to the four gates, [N, T, 4 F, H', W']. */
function gatesOfInput(cell: SourceLayer, x: Value, g: GraphBuilder): Value {
  const [batch = 1, steps] = x.shape;
  const images = ops.foldBatch(g, x);
  const [strides, dilations, kernel] = ["strides", "dilationRate", "kernelSize"].map((attribute) =>
    sizes(cell, attribute, 2),
  ) as [readonly number[], readonly number[], readonly number[]];
  const pads = padsOf(cell, images, { kernel, strides, dilations });
  const window = { strides, dilations, pads };
  const gates = ops.conv(g, images, kernelOf(cell, "kernel", g), biasOf(cell, g), window);
  return ops.unfoldBatch(g, gates, batch, knownSize(steps));
}

/**
 * cell' = f cell + i a(c), hidden' = o a(cell'), from gates i, f, c, o [N, 4 F, H', W']; before the
 * first step both are 0.
 */
function nextState(cell: SourceLayer, input: Value, before: State | undefined, g: GraphBuilder) {
  const gates = before === undefined ? input : ops.add(g, input, gatesOfState(cell, before, g));
  const filters = knownSize(gates.shape[1]) / 4;
  const gate = (index: number) =>
    ops.slice(g, gates, [{ axis: 1, from: index * filters, to: (index + 1) * filters }]);
  const open = (index: number) => activateElements(cell, "recurrentActivation", gate(index), g);
  const added = ops.mul(g, open(0), activateElements(cell, "activation", gate(2), g));
  const next = before === undefined ? added : ops.add(g, ops.mul(g, open(1), before.cell), added);
  const hidden = ops.mul(g, open(3), activateElements(cell, "activation", next, g));
  return { hidden, cell: next };
}

/** What the hidden state adds to the gates: a convolution that keeps its size. */
function gatesOfState(cell: SourceLayer, { hidden }: State, g: GraphBuilder): Value {
  const kernel = sizes(cell, "kernelSize", 2);
  const ends = kernel.map((size) => Math.floor((size - 1) / 2));
  const pads = [...ends, ...kernel.map((size, axis) => size - 1 - (ends[axis] ?? 0))];
  const weights = kernelOf(cell, "recurrent_kernel", g);
  return ops.conv(g, hidden, weights, null, { strides: [1, 1], pads });
}

/** [kH, kW, in, out] as [out, in, kH, kW]. */
function kernelOf(cell: SourceLayer, name: string, g: GraphBuilder): Constant {
  const { data, shape } = weight(cell, name);
  const order = [3, 2, 0, 1];
  return g.constant(name, permute(data, shape, order), permuteList(shape, order));
}
