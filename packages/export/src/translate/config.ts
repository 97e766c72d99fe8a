/** Reads a layer's configuration and weights; what is not as tf.js writes it is refused by name. */
import { SourceError, UnsupportedError } from "../errors.js";
import type { GraphBuilder } from "../ir/builder.js";
import type { Pair, Sizes } from "../ir/ops/shapes.js";
import type { Constant, Dim, Value } from "../ir/types.js";
import type { SourceLayer, SourceTensor } from "../source/types.js";

/** The error for an attribute that has no exact form in ONNX, or none here. */
export function unsupported(
  attribute: string,
  value: unknown,
  supported: string,
): UnsupportedError {
  return new UnsupportedError(
    `${attribute} ${JSON.stringify(value)} is not supported (${supported})`,
  );
}

/** One of the listed strings. */
export function choice<const T extends string>(
  layer: SourceLayer,
  attribute: string,
  choices: readonly T[],
): T {
  const value = layer.config[attribute];
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw unsupported(attribute, value, `one of ${choices.join(", ")}`);
}

/** A finite number. */
export function number(layer: SourceLayer, attribute: string): number {
  const value = layer.config[attribute];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw unsupported(attribute, value, "a finite number");
}

/** Positive whole numbers, one per axis; a single one stands for all. */
export function sizes(layer: SourceLayer, attribute: string, rank: number): Sizes {
  const value = layer.config[attribute];
  const list: unknown[] = Array.isArray(value) ? value : new Array<unknown>(rank).fill(value);
  if (list.length === rank && list.every(isPositive)) return list;
  throw unsupported(
    attribute,
    value,
    rank === 1 ? "a positive whole number" : "positive whole numbers, one per axis",
  );
}

/** `sizes` of rows and columns. */
export function pair(layer: SourceLayer, attribute: string): Pair {
  const [height = 1, width = 1] = sizes(layer, attribute, 2);
  return [height, width];
}

function isPositive(value: unknown): value is number {
  return isWhole(value) && value > 0;
}

/** Whole numbers, at least one: a number, a list, or a list of lists in its order. */
export function wholeNumbers(layer: SourceLayer, attribute: string): number[] {
  const value = layer.config[attribute];
  const list: unknown[] = [value].flat(2);
  if (list.length > 0 && list.every(isWhole)) return list;
  throw unsupported(attribute, value, "whole numbers");
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** The number of elements of one item, [N, ...]. */
export function itemSize(x: Value): number {
  return x.shape.slice(1).reduce((product: number, size) => product * knownSize(size), 1);
}

/** True or false, as it is by default where it is not given. */
export function flag(layer: SourceLayer, attribute: string): boolean {
  const value = layer.config[attribute] ?? false;
  if (typeof value === "boolean") return value;
  throw unsupported(attribute, value, "true or false");
}

/** Where the layer looks for channels: behind all other axes (the default), or after the batch. */
export function dataFormat(layer: SourceLayer): "channelsLast" | "channelsFirst" {
  if (layer.config.dataFormat === undefined) return "channelsLast";
  return choice(layer, "dataFormat", ["channelsLast", "channelsFirst"]);
}

/** A weight that the layer must have. */
export function weight(layer: SourceLayer, name: string): SourceTensor {
  const found = layer.weights[name];
  if (found !== undefined) return found;
  const names = Object.keys(layer.weights).join(", ") || "none";
  throw new SourceError(
    `weight "${name}" is missing (the layer has ${names}); build the model first`,
  );
}

/** The layer's bias, where it has one. */
export function biasOf(layer: SourceLayer, g: GraphBuilder): Constant | null {
  const bias = layer.weights.bias;
  return bias === undefined ? null : g.weight("bias", bias);
}

/** The layer's only input. */
export function single(inputs: readonly Value[]): Value {
  const [input] = inputs;
  if (inputs.length === 1 && input !== undefined) return input;
  throw new UnsupportedError(`${inputs.length} inputs are not supported (exactly one)`);
}

/** A size that the export must know. */
export function knownSize(size: Dim | undefined): number {
  if (typeof size === "number") return size;
  throw new UnsupportedError(
    `an open size ("${size}") is not supported here (build the model with a full inputShape)`,
  );
}
