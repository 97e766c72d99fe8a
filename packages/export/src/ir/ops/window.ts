/** Convolutions and pooling over [N, C, ...]; pads explicit, as runtimes differ on auto_pad. */
import type { GraphBuilder } from "../builder.js";
import { type Attributes, type Dim, int, ints, type Value } from "../types.js";
import { known, misfit, needRank, type Sizes } from "./shapes.js";

/**
 * How a window moves along each axis behind the channels, in elements: `strides` and `dilations` one
 * number per axis, `pads` first all at the start of the axes, then all at their ends.
 */
export interface Window {
  strides: Sizes;
  pads: Sizes;
  dilations?: Sizes;
}

/**
 * Cross-correlation: https://onnx.ai/onnx/operators/onnx__Conv.html
 * x [N, C, ...], w [M, C / group, k...], bias [M] or null -> [N, M, ...].
 */
export function conv(
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias: Value | null,
  window: Window & { group?: number },
): Value {
  const { group = 1, dilations = [] } = window;
  needChannels("Conv", x, w, 1, group);
  const kernel = kernelOf("Conv", w);
  const shape = [x.shape[0] as Dim, known("Conv", w, 0), ...slide(x, kernel, window)];
  const attributes = {
    ...windowAttributes(kernel, window),
    ...(dilations.some((size) => size > 1) ? { dilations: ints(dilations) } : {}),
    ...(group > 1 ? { group: int(group) } : {}),
  };
  return g.node("Conv", withBias(x, w, bias), { shape, layout: x.layout }, attributes);
}

/**
 * Gradient of a convolution by its input: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 * x [N, C, ...], w [C, M, k...], bias [M] or null -> [N, M, ...], each axis behind them
 * strides (size - 1) + outputPadding + k - pads long.
 */
export function convTranspose(
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias: Value | null,
  window: Omit<Window, "dilations"> & { outputPadding: Sizes },
): Value {
  needChannels("ConvTranspose", x, w, 0, 1);
  const kernel = kernelOf("ConvTranspose", w);
  const { strides, pads, outputPadding } = window;
  const lengths = kernel.map(
    (extent, axis) =>
      at(strides, axis) * (known("ConvTranspose", x, axis + 2) - 1) +
      at(outputPadding, axis) +
      extent -
      padding(pads, axis),
  );
  const shape = [x.shape[0] as Dim, known("ConvTranspose", w, 1), ...lengths];
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
export function maxPool(g: GraphBuilder, x: Value, kernel: Sizes, window: Window): Value {
  return pool(g, "MaxPool", x, kernel, window);
}

/**
 * Mean of each window over what is not padded:
 * https://onnx.ai/onnx/operators/onnx__AveragePool.html
 */
export function averagePool(g: GraphBuilder, x: Value, kernel: Sizes, window: Window): Value {
  return pool(g, "AveragePool", x, kernel, window);
}

function pool(g: GraphBuilder, op: string, x: Value, kernel: Sizes, window: Window): Value {
  needRank(op, x, kernel.length + 2);
  const shape = [...x.shape.slice(0, 2), ...slide(x, kernel, window)];
  return g.node(op, [x], { shape, layout: x.layout }, windowAttributes(kernel, window));
}

/** floor((size + pads - extent) / stride) + 1, extent = dilation (kernel - 1) + 1. */
function slide(x: Value, kernel: Sizes, { strides, pads, dilations = [] }: Window): Dim[] {
  return kernel.map((length, axis) => {
    const size = x.shape[axis + 2] as Dim;
    const added = padding(pads, axis) - (dilations[axis] ?? 1) * (length - 1) - 1;
    const stride = at(strides, axis);
    if (typeof size === "string") return slideOpen(size, added, stride);
    return Math.floor((size + added) / stride) + 1;
  });
}

/** `slide` of an open size, as text. */
function slideOpen(size: string, added: number, stride: number): string {
  if (stride === 1) return added === -1 ? size : `(${size}${signed(added + 1)})`;
  return `(${size}${signed(added)})/${stride}+1`;
}

function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

/** What is added to an axis, before and after it. */
function padding(pads: Sizes, axis: number): number {
  return at(pads, axis) + at(pads, axis + pads.length / 2);
}

function at(sizes: Sizes, index: number): number {
  return sizes[index] as number;
}

function windowAttributes(kernel: Sizes, { strides, pads }: Window): Attributes {
  return { kernel_shape: ints(kernel), strides: ints(strides), pads: ints(pads) };
}

function kernelOf(op: string, w: Value): number[] {
  return w.shape.slice(2).map((_, axis) => known(op, w, axis + 2));
}

function needChannels(op: string, x: Value, w: Value, axis: 0 | 1, group: number): void {
  needRank(op, w, x.shape.length);
  const wanted = known(op, w, axis) * group;
  if (x.shape[1] !== wanted) {
    throw misfit(op, `input has ${x.shape[1]} channels, the weights want ${wanted}`);
  }
}

function withBias(x: Value, w: Value, bias: Value | null): Value[] {
  return bias === null ? [x, w] : [x, w, bias];
}
