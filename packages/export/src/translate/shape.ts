/** Layers that move elements, and resampling. */
import { axisOf, permutationTo } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { BATCH } from "../ir/types.js";
import {
  choice,
  dataFormat,
  isWhole,
  itemSize,
  knownSize,
  pair,
  single,
  sizes,
  unsupported,
  wholeNumbers,
} from "./config.js";
import { image } from "./image.js";
import type { Translator } from "./types.js";

/** [N, ...] -> [N, product] in the source's order; `channelsFirst` moves channels last first. */
export const flatten: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const moves = layer.config.dataFormat != null && dataFormat(layer) === "channelsFirst";
  const rank = x.shape.length;
  const ordered = moves && rank > 2 ? ops.transpose(g, x, permutationTo("source", rank)) : x;
  return [ops.reshape(g, ordered, [x.shape[0] ?? BATCH, itemSize(x)])];
};

/** [N, ...] -> [N, ...targetShape], where one size may be null: what is left over. */
export const reshape: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const { targetShape } = layer.config;
  const target: unknown[] = Array.isArray(targetShape) ? targetShape : [undefined];
  if (!target.every((size) => size === null || isWhole(size))) {
    throw unsupported("targetShape", targetShape, "a list of sizes");
  }
  const given = target.reduce((product: number, size) => product * (size ?? 1), 1);
  const count = itemSize(x);
  const item = target.map((size) => size ?? count / given);
  return [ops.reshape(g, x, [x.shape[0] ?? BATCH, ...item])];
};

/** Axes in another order; `dims` counts them from 1, behind the batch. */
export const permute: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const dims = wholeNumbers(layer, "dims");
  return [ops.transpose(g, x, [0, ...dims.map((axis) => axisOf(x, axis))])];
};

/** [N, C] -> [N, n, C], n times the same. */
export const repeatVector: Translator = (layer, inputs, g) => {
  const x = single(inputs);
  const [n = 1] = sizes(layer, "n", 1);
  const [batch = BATCH, channels = 1] = x.shape;
  return [ops.expand(g, ops.reshape(g, x, [batch, 1, channels]), [batch, n, channels])];
};

/** Zeros around rows and columns; `padding` is [[top, bottom], [left, right]]. */
export const zeroPadding2d: Translator = (layer, inputs, g) => {
  const ends = wholeNumbers(layer, "padding");
  if (ends.length !== 4 || Math.min(...ends) < 0) {
    throw unsupported("padding", layer.config.padding, "[[top, bottom], [left, right]]");
  }
  const [top, bottom, left, right] = ends as [number, number, number, number];
  return [ops.padImage(g, image(layer, inputs, g), [top, left, bottom, right])];
};

/** Rows and columns cut off; `cropping` is [[top, bottom], [left, right]]. */
export const cropping2d: Translator = (layer, inputs, g) => {
  const ends = wholeNumbers(layer, "cropping");
  const x = image(layer, inputs, g);
  const height = knownSize(x.shape[2]);
  const width = knownSize(x.shape[3]);
  const [top = 0, bottom = 0, left = 0, right = 0] = ends;
  const inside = top + bottom < height && left + right < width;
  if (ends.length !== 4 || Math.min(...ends) < 0 || !inside) {
    throw unsupported("cropping", layer.config.cropping, "[[top, bottom], [left, right]]");
  }
  const rows = { axis: 2, from: top, to: height - bottom };
  const columns = { axis: 3, from: left, to: width - right };
  return [ops.slice(g, x, [rows, columns])];
};

/** Every pixel repeated, or interpolated linearly to the next, `size` times each way. */
export const upSampling2d: Translator = (layer, inputs, g) => {
  const mode = choice(layer, "interpolation", ["nearest", "bilinear"]);
  const x = image(layer, inputs, g);
  return [ops.resizeImage(g, x, pair(layer, "size"), mode === "nearest" ? "nearest" : "linear")];
};
