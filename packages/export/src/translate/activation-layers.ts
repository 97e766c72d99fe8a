/** Layers that apply an activation and nothing else. */
import { axisOf, permutationTo, permuteList } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { permute } from "../ir/tensor.js";
import { activate } from "./activation.js";
import { number, single, weight, wholeNumbers } from "./config.js";
import type { Translator } from "./types.js";

export const activation: Translator = (layer, inputs, g) => [activate(layer, single(inputs), g)];

/** max(x, 0), and no more than `maxValue` where it is set. */
export const relu: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const unlimited = layer.config.maxValue == null;
  return [unlimited ? ops.relu(g, x) : ops.clip(g, x, 0, number(layer, "maxValue"))];
};

export const leakyRelu: Translator = (layer, inputs, g) => [
  ops.leakyRelu(g, single(inputs), number(layer, "alpha")),
];

export const elu: Translator = (layer, inputs, g) => [
  ops.elu(g, single(inputs), number(layer, "alpha")),
];

export const thresholdedRelu: Translator = (layer, inputs, g) => [
  ops.thresholdedRelu(g, single(inputs), number(layer, "theta")),
];

/** x, or alpha x below 0; alpha has the shape of an item, 1 along the shared axes. */
export const prelu: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const alpha = weight(layer, "alpha");
  const item = [1, ...alpha.shape];
  const order = item.map((_, axis) => axis);
  const permutation = x.layout === "source" ? order : permutationTo(x.layout, item.length);
  const slope = permute(alpha.data, item, permutation);
  return [ops.prelu(g, x, g.constant("alpha", slope, permuteList(item, permutation).slice(1)))];
};

/** e^x over its sum along one axis or several. */
export const softmax: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const axes = wholeNumbers(layer, "axis").map((axis) => axisOf(x, axis));
  const [axis] = axes;
  if (axes.length === 1 && axis !== undefined) return [ops.softmax(g, x, axis)];
  return [ops.exp(g, ops.sub(g, x, ops.reduceLogSumExp(g, x, { axes, keep: true })))];
};
