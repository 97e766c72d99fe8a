/** Batch and layer normalisation, as at inference. */
import type { GraphBuilder } from "../ir/builder.js";
import { axisOf } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import type { Constant, Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { knownSize, number, single, unsupported, weight, wholeNumbers } from "./config.js";
import type { Translator } from "./types.js";

/**
 * gamma (x - moving mean) / sqrt(moving variance + epsilon) + beta per element of one axis. ONNX
 * normalises axis 1, so channels are brought there; [N, C] and other axes are scaled and shifted by
 * constants, which is the same and spares [N, C] a kernel that WebGPU gets wrong in one of its
 * layouts.
 */
export const batchNormalization: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const rank = x.shape.length;
  const [axis, another] = axesOf(layer, rank);
  if (axis === undefined || another !== undefined) {
    throw unsupported("axis", layer.config.axis, "one axis");
  }
  if (rank > 2 && axis === rank - 1) return [normalize(layer, g.as(x, "channels-first"), g)];
  if (rank > 2 && axis === 1) return [normalize(layer, g.as(x, "source"), g)];
  return [scaleAndShift(layer, x, axisOf(x, axis), g)];
};

/** BatchNormalization over axis 1 of x. */
function normalize(layer: SourceLayer, x: Value, g: GraphBuilder): Value {
  const { gamma, beta, mean, variance, epsilon } = statisticsOf(layer);
  const constant = (name: string, data: Float32Array) => g.constant(name, data, [data.length]);
  const statistics = {
    scale: constant("gamma", gamma),
    offset: constant("beta", beta),
    mean: constant("moving_mean", mean),
    variance: constant("moving_variance", variance),
  };
  return ops.batchNormalization(g, x, statistics, epsilon);
}

/** x scale + shift, scale = gamma / sqrt(variance + epsilon), shift = beta - mean scale. */
function scaleAndShift(layer: SourceLayer, x: Value, axis: number, g: GraphBuilder): Value {
  const { gamma, beta, mean, variance, epsilon } = statisticsOf(layer);
  const factors = Array.from(gamma, (value, i) => value / Math.sqrt((variance[i] ?? 0) + epsilon));
  const terms = factors.map((factor, i) => (beta[i] ?? 0) - (mean[i] ?? 0) * factor);
  const shape = [factors.length, ...x.shape.slice(axis + 1).map(() => 1)];
  const scaled = ops.mul(g, x, g.constant("scale", Float32Array.from(factors), shape));
  return ops.add(g, scaled, g.constant("shift", Float32Array.from(terms), shape));
}

function statisticsOf(layer: SourceLayer) {
  const mean = weight(layer, "moving_mean").data;
  return {
    mean,
    variance: weight(layer, "moving_variance").data,
    gamma: layer.weights.gamma?.data ?? new Float32Array(mean.length).fill(1),
    beta: layer.weights.beta?.data ?? new Float32Array(mean.length),
    epsilon: number(layer, "epsilon"),
  };
}

/** gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over given axes. */
export const layerNormalization: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const axes = axesOf(layer, x.shape.length);
  const trailing = axes[0] === x.shape.length - axes.length;
  return [trailing ? normalizeTrailing(layer, x, axes, g) : normalizeOver(layer, x, axes, g)];
};

/** Over the last axes, for which there is an operator. */
function normalizeTrailing(
  layer: SourceLayer,
  x: Value,
  axes: readonly number[],
  g: GraphBuilder,
): Value {
  const shape = axes.map((axis) => knownSize(x.shape[axis]));
  const scale = parameter(layer, "gamma", shape, g) ?? ones(shape, g);
  const offset = parameter(layer, "beta", shape, g);
  const [axis = 0] = axes;
  return ops.layerNormalization(g, x, scale, offset, { axis, epsilon: number(layer, "epsilon") });
}

/** Over any axes, by the formula. */
function normalizeOver(
  layer: SourceLayer,
  x: Value,
  axes: readonly number[],
  g: GraphBuilder,
): Value {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? knownSize(size) : 1));
  const centred = ops.sub(g, x, ops.reduceMean(g, x, { axes, keep: true }));
  const variance = ops.reduceMean(g, ops.mul(g, centred, centred), { axes, keep: true });
  const deviation = ops.sqrt(g, ops.add(g, variance, g.scalar(number(layer, "epsilon"))));
  const scale = parameter(layer, "gamma", shape, g);
  const offset = parameter(layer, "beta", shape, g);
  const normal = ops.div(g, centred, deviation);
  const scaled = scale === null ? normal : ops.mul(g, normal, scale);
  return offset === null ? scaled : ops.add(g, scaled, offset);
}

/** A parameter in this shape: tf.js reads its elements along the axes in the tensor's order. */
function parameter(
  layer: SourceLayer,
  name: string,
  shape: readonly number[],
  g: GraphBuilder,
): Constant | null {
  const found = layer.weights[name];
  return found === undefined ? null : g.constant(name, found.data, shape);
}

function ones(shape: readonly number[], g: GraphBuilder): Constant {
  const count = shape.reduce((product, size) => product * size, 1);
  return g.constant("ones", new Float32Array(count).fill(1), shape);
}

/** The layer's axes, counted from the front, in order. */
function axesOf(layer: SourceLayer, rank: number): number[] {
  return wholeNumbers(layer, "axis")
    .map((axis) => (axis < 0 ? axis + rank : axis))
    .sort((a, b) => a - b);
}
