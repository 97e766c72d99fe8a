/** 2-D convolutions; tf.js keeps kernels as [kH, kW, in, out], ONNX as [out, in, kH, kW]. */
import type { GraphBuilder } from "../ir/builder.js";
import { permuteList } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { permute } from "../ir/tensor.js";
import type { Constant } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { activate } from "./activation.js";
import { biasOf, choice, pair, weight } from "./config.js";
import { image, padsOf } from "./image.js";
import { transposedPadding } from "./padding.js";
import type { Translator } from "./types.js";

/** https://js.tensorflow.org/api/4.22.0/#layers.conv2d */
export const conv2d: Translator = (layer, inputs, g) => {
  const x = image(layer, inputs, g);
  const strides = pair(layer, "strides");
  const dilations = pair(layer, "dilationRate");
  const kernel = pair(layer, "kernelSize");
  const pads = padsOf(layer, x, { kernel, strides, dilations });
  const y = ops.conv(g, x, kernelOf(layer, g), biasOf(layer, g), { strides, pads, dilations });
  return [activate(layer, y, g)];
};

/** https://js.tensorflow.org/api/4.22.0/#layers.conv2dTranspose; tf.js has no dilation here. */
export const conv2dTranspose: Translator = (layer, inputs, g) => {
  const x = image(layer, inputs, g);
  const strides = pair(layer, "strides");
  const kernel = pair(layer, "kernelSize");
  const padding = choice(layer, "padding", ["same", "valid"]);
  const rows = transposedPadding(padding, { kernel: kernel[0], stride: strides[0] });
  const columns = transposedPadding(padding, { kernel: kernel[1], stride: strides[1] });
  const y = ops.convTranspose(g, x, kernelOf(layer, g), biasOf(layer, g), {
    strides,
    pads: [rows.pads[0], columns.pads[0], rows.pads[1], columns.pads[1]],
    outputPadding: [rows.outputPadding, columns.outputPadding],
  });
  return [activate(layer, y, g)];
};

/** The kernel with rows and columns last: [out, in, kH, kW]; transposed, [in, out, kH, kW]. */
function kernelOf(layer: SourceLayer, g: GraphBuilder): Constant {
  const { data, shape } = weight(layer, "kernel");
  const order = [3, 2, 0, 1];
  return g.constant("kernel", permute(data, shape, order), permuteList(shape, order));
}
