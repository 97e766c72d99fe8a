/** 2-D pooling, by windows and over whole images. */
import { axisOf } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { dataFormat, pair, single } from "./config.js";
import { image, padsOf } from "./image.js";
import type { Translator } from "./types.js";

const windowed =
  (op: typeof ops.maxPool): Translator =>
  (layer, inputs, g) => {
    const x = image(layer, inputs, g);
    const kernel = pair(layer, "poolSize");
    const strides = pair(layer, "strides");
    return [op(g, x, kernel, { strides, pads: padsOf(layer, x, { kernel, strides }) })];
  };

export const maxPooling2d = windowed(ops.maxPool);

/** tf.js, like ONNX by default, leaves padding out of the mean. */
export const averagePooling2d = windowed(ops.averagePool);

const global =
  (op: typeof ops.reduceMax): Translator =>
  (layer, inputs, g) => {
    const x = single(inputs);
    const rowsAndColumns = dataFormat(layer) === "channelsLast" ? [1, 2] : [2, 3];
    const axes = rowsAndColumns.map((axis) => axisOf(x, axis)).sort((a, b) => a - b);
    return [op(g, x, { axes, keep: false })];
  };

export const globalMaxPooling2d = global(ops.reduceMax);
export const globalAveragePooling2d = global(ops.reduceMean);
