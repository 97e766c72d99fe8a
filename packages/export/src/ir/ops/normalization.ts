/** Normalisation with given or computed statistics, and softmax. */
import type { GraphBuilder } from "../builder.js";
import { float, int, type Value } from "../types.js";
import { axisFromFront, misfit } from "./shapes.js";

/** Per-channel parameters of a batch normalisation, each [C]. */
export interface BatchStatistics {
  scale: Value;
  offset: Value;
  mean: Value;
  variance: Value;
}

/**
 * scale (x - mean) / sqrt(variance + epsilon) + offset with given statistics:
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html; x [N, C, ...].
 */
export function batchNormalization(
  g: GraphBuilder,
  x: Value,
  { scale, offset, mean, variance }: BatchStatistics,
  epsilon: number,
): Value {
  if (x.shape[1] !== scale.shape[0]) {
    throw misfit(
      "BatchNormalization",
      `axis 1 has ${x.shape[1]} channels, scale ${scale.shape[0]}`,
    );
  }
  const attributes = { epsilon: float(epsilon) };
  return g.node("BatchNormalization", [x, scale, offset, mean, variance], x, attributes);
}

/**
 * Each slice from `axis` on brought to mean 0 and variance 1, then scaled and shifted:
 * https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
 */
export function layerNormalization(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  offset: Value | null,
  { axis, epsilon }: { axis: number; epsilon: number },
): Value {
  const inputs = offset === null ? [x, scale] : [x, scale, offset];
  const attributes = { axis: int(axis), epsilon: float(epsilon) };
  return g.node("LayerNormalization", inputs, x, attributes);
}

/** e^x over its sum along one axis: https://onnx.ai/onnx/operators/onnx__Softmax.html */
export function softmax(g: GraphBuilder, x: Value, axis: number): Value {
  return g.node("Softmax", [x], x, { axis: int(axisFromFront("Softmax", axis, x.shape.length)) });
}
