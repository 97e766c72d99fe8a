/** Layers that look at numbers one by one, or rows of them: rescaling, masking, embedding. */
import * as ops from "../ir/ops/index.js";
import { number, single, weight } from "./config.js";
import type { Translator } from "./types.js";

/** x scale + offset. */
export const rescaling: Translator = (layer, inputs, g) => {
  const x = ops.cast(g, single(inputs), "float32");
  const scaled = ops.mul(g, x, g.scalar(number(layer, "scale")));
  const offset = number(layer, "offset");
  return [offset === 0 ? scaled : ops.add(g, scaled, g.scalar(offset))];
};

/** Rows along the last axis that are `maskValue` throughout become 0. */
export const masking: Translator = (layer, inputs, g) => {
  const x = g.as(single(inputs), "source");
  const masked = ops.equal(g, x, g.scalar(number(layer, "maskValue")));
  const axes = [x.shape.length - 1];
  const all = ops.reduceMin(g, ops.cast(g, masked, "float32"), { axes, keep: true });
  return [ops.mul(g, x, ops.sub(g, g.scalar(1), all))];
};

/** Indices [N, ...], cut to whole numbers, to rows of the table -> [N, ..., outputDim]. */
export const embedding: Translator = (layer, inputs, g) => {
  const indices = ops.cast(g, g.as(single(inputs), "source"), "int32");
  const table = weight(layer, "embeddings");
  return [ops.gather(g, g.weight("embeddings", table), indices)];
};
