/** Pooling over one to three axes, by windows and over whole images. */
import { axisOf } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { dataFormat, single, sizes } from "./config.js";
import { image, padsOf } from "./image.js";
import type { Translator } from "./types.js";

const windowed =
  (op: typeof ops.maxPool, rank: number): Translator =>
  (layer, inputs, g) => {
    const x = image(layer, inputs, g);
    const kernel = sizes(layer, "poolSize", rank);
    const strides = sizes(layer, "strides", rank);
    return [op(g, x, kernel, { strides, pads: padsOf(layer, x, { kernel, strides }) })];
  };

export const maxPooling1d = windowed(ops.maxPool, 1);
export const maxPooling2d = windowed(ops.maxPool, 2);
export const maxPooling3d = windowed(ops.maxPool, 3);

/** tf.js, like ONNX by default, leaves padding out of the mean. */
export const averagePooling1d = windowed(ops.averagePool, 1);
export const averagePooling2d = windowed(ops.averagePool, 2);
export const averagePooling3d = windowed(ops.averagePool, 3);

const global =
  (op: typeof ops.reduceMax, rank: number): Translator =>
  (layer, inputs, g) => {
    const x = single(inputs);
    const first = dataFormat(layer) === "channelsLast" ? 1 : 2;
    const axes = Array.from({ length: rank }, (_, index) => axisOf(x, first + index));
    return [op(g, x, { axes: axes.sort((a, b) => a - b), keep: false })];
  };

export const globalMaxPooling1d = global(ops.reduceMax, 1);
export const globalMaxPooling2d = global(ops.reduceMax, 2);
export const globalAveragePooling1d = global(ops.reduceMean, 1);
export const globalAveragePooling2d = global(ops.reduceMean, 2);
