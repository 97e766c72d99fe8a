/** Layers that move elements, and resampling. */
import { permutationTo } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { BATCH } from "../ir/types.js";
import {
  choice,
  dataFormat,
  isWhole,
  itemSize,
  pair,
  single,
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
  return [ops.reshape(g, ordered, [BATCH, itemSize(x)])];
};

/** [N, ...] -> [N, ...targetShape], where one size may be null: what is left over. */
export const reshape: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const target = layer.config.targetShape;
  const sizes: unknown[] = Array.isArray(target) ? target : [undefined];
  if (!sizes.every((size) => size === null || isWhole(size))) {
    throw unsupported("targetShape", target, "a list of sizes");
  }
  const given = sizes.reduce((product: number, size) => product * (size ?? 1), 1);
  return [ops.reshape(g, x, [BATCH, ...sizes.map((size) => size ?? itemSize(x) / given)])];
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

/** Every pixel repeated, or interpolated linearly to the next, `size` times each way. */
export const upSampling2d: Translator = (layer, inputs, g) => {
  const mode = choice(layer, "interpolation", ["nearest", "bilinear"]);
  const x = image(layer, inputs, g);
  return [ops.resizeImage(g, x, pair(layer, "size"), mode === "nearest" ? "nearest" : "linear")];
};
