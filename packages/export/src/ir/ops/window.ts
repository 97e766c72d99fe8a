/** Convolutions and pooling over [N, C, H, W]; pads explicit, as runtimes differ on auto_pad. */
import type { GraphBuilder } from "../builder.js";
import { type Attributes, type Dim, ints, type Value } from "../types.js";
import { known, misfit, needRank, type Pads, type Pair } from "./shapes.js";

/** How a window moves: strides, pads and dilations in elements, rows before columns. */
export interface Window {
  strides: Pair;
  pads: Pads;
  dilations?: Pair;
}

/**
 * Cross-correlation: https://onnx.ai/onnx/operators/onnx__Conv.html
 * x [N, C, H, W], w [M, C, kH, kW], bias [M] or null -> [N, M, H', W'].
 */
export function conv(
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias: Value | null,
  window: Window,
): Value {
  needChannels("Conv", x, w, 1);
  const kernel = kernelOf("Conv", w);
  const shape = [x.shape[0] as Dim, known("Conv", w, 0), ...slide("Conv", x, kernel, window)];
  const { dilations = [1, 1] } = window;
  const attributes = {
    ...windowAttributes(kernel, window),
    ...(dilations.some((size) => size > 1) ? { dilations: ints(dilations) } : {}),
  };
  return g.node("Conv", withBias(x, w, bias), { shape, layout: x.layout }, attributes);
}

/**
 * Gradient of a convolution by its input: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 * x [N, C, H, W], w [C, M, kH, kW], bias [M] or null -> [N, M, H', W'],
 * H' = strides (H - 1) + outputPadding + kH - pads, rows and columns alike.
 */
export function convTranspose(
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias: Value | null,
  window: Omit<Window, "dilations"> & { outputPadding: Pair },
): Value {
  needChannels("ConvTranspose", x, w, 0);
  const kernel = kernelOf("ConvTranspose", w);
  const { strides, pads, outputPadding } = window;
  const length = (axis: 0 | 1) =>
    strides[axis] * (known("ConvTranspose", x, axis + 2) - 1) +
    outputPadding[axis] +
    kernel[axis] -
    pads[axis] -
    pads[(axis + 2) as 2 | 3];
  const shape = [x.shape[0] as Dim, known("ConvTranspose", w, 1), length(0), length(1)];
  const attributes = {
    ...windowAttributes(kernel, window),
    ...(outputPadding.some((size) => size > 0) ? { output_padding: ints(outputPadding) } : {}),
  };
  return g.node("ConvTranspose", withBias(x, w, bias), { shape, layout: x.layout }, attributes);
}

/**
 * Largest in each window; what is padded never wins:
 * https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
export function maxPool(g: GraphBuilder, x: Value, kernel: Pair, window: Window): Value {
  return pool(g, "MaxPool", x, kernel, window);
}

/**
 * Mean of each window over what is not padded:
 * https://onnx.ai/onnx/operators/onnx__AveragePool.html
 */
export function averagePool(g: GraphBuilder, x: Value, kernel: Pair, window: Window): Value {
  return pool(g, "AveragePool", x, kernel, window);
}

function pool(g: GraphBuilder, op: string, x: Value, kernel: Pair, window: Window): Value {
  needRank(op, x, 4);
  const shape = [...x.shape.slice(0, 2), ...slide(op, x, kernel, window)];
  return g.node(op, [x], { shape, layout: x.layout }, windowAttributes(kernel, window));
}

/** floor((size + pads - extent) / stride) + 1, extent = dilation (kernel - 1) + 1. */
function slide(
  op: string,
  x: Value,
  kernel: Pair,
  { strides, pads, dilations = [1, 1] }: Window,
): Pair {
  const length = (axis: 0 | 1) => {
    const size = known(op, x, axis + 2) + pads[axis] + pads[(axis + 2) as 2 | 3];
    const extent = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((size - extent) / strides[axis]) + 1;
  };
  return [length(0), length(1)];
}

function windowAttributes(kernel: Pair, { strides, pads }: Window): Attributes {
  return { kernel_shape: ints(kernel), strides: ints(strides), pads: ints(pads) };
}

function kernelOf(op: string, w: Value): Pair {
  return [known(op, w, 2), known(op, w, 3)];
}

function needChannels(op: string, x: Value, w: Value, axis: 0 | 1): void {
  needRank(op, x, 4);
  needRank(op, w, 4);
  if (x.shape[1] !== w.shape[axis]) {
    throw misfit(op, `input has ${x.shape[1]} channels, the weights want ${w.shape[axis]}`);
  }
}

function withBias(x: Value, w: Value, bias: Value | null): Value[] {
  return bias === null ? [x, w] : [x, w, bias];
}
