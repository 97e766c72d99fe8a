/** Convolutions over one to three axes; tf.js keeps kernels as [k..., in, out]. */
import type { GraphBuilder } from "../ir/builder.js";
import { permuteList } from "../ir/layout.js";
import * as ops from "../ir/ops/index.js";
import { permute } from "../ir/tensor.js";
import type { Constant, Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";
import { activate } from "./activation.js";
import { biasOf, choice, dataFormat, knownSize, sizes, unsupported, weight } from "./config.js";
import { image, needCover, padsOf } from "./image.js";
import { transposedPadding } from "./padding.js";
import type { Translator } from "./types.js";

/** A convolution of images with `rank` axes beside batch and channels. */
const convolution =
  (rank: number): Translator =>
  (layer, inputs, g) => {
    const x = image(layer, inputs, g);
    const window = windowOf(layer, x, rank);
    return [activate(layer, ops.conv(g, x, kernelOf(layer, g), biasOf(layer, g), window), g)];
  };

/** https://js.tensorflow.org/api/4.22.0/#layers.conv2d */
export const conv2d = convolution(2);

/** https://js.tensorflow.org/api/4.22.0/#layers.conv3d */
export const conv3d = convolution(3);

/** https://js.tensorflow.org/api/4.22.0/#layers.conv1d; causal padding is not computed by tf.js. */
export const conv1d: Translator = (layer, inputs, g, context) => {
  if (dataFormat(layer) === "channelsFirst") {
    throw unsupported(
      "dataFormat",
      "channelsFirst",
      "channelsLast; tf.js gives another shape than it announces",
    );
  }
  return convolution(1)(layer, inputs, g, context);
};

/** A transposed convolution; tf.js has no dilation here. */
const transposedConvolution =
  (rank: number): Translator =>
  (layer, inputs, g) => {
    const x = image(layer, inputs, g);
    const strides = sizes(layer, "strides", rank);
    const padding = choice(layer, "padding", ["same", "valid"]);
    const kernels = sizes(layer, "kernelSize", rank);
    if (padding === "same") {
      needCover(
        layer,
        kernels.map((kernel, axis) => kernel - (strides[axis] ?? 1)),
      );
    }
    const ends = kernels.map((kernel, axis) =>
      transposedPadding(padding, { kernel, stride: strides[axis] ?? 1 }),
    );
    const y = ops.convTranspose(g, x, kernelOf(layer, g), biasOf(layer, g), {
      strides,
      pads: [...ends.map(({ pads }) => pads[0]), ...ends.map(({ pads }) => pads[1])],
      outputPadding: ends.map(({ outputPadding }) => outputPadding),
    });
    return [activate(layer, y, g)];
  };

/** https://js.tensorflow.org/api/4.22.0/#layers.conv2dTranspose */
export const conv2dTranspose = transposedConvolution(2);

/** https://js.tensorflow.org/api/4.22.0/#layers.conv3dTranspose */
export const conv3dTranspose = transposedConvolution(3);

/** https://js.tensorflow.org/api/4.22.0/#layers.depthwiseConv2d */
export const depthwiseConv2d: Translator = (layer, inputs, g) => {
  if (sizes(layer, "dilationRate", 2).some((rate) => rate > 1)) {
    throw unsupported("dilationRate", layer.config.dilationRate, "1; tf.js takes 1 whatever it is");
  }
  const x = image(layer, inputs, g);
  return [activate(layer, depthwise(layer, x, biasOf(layer, g), g), g)];
};

/** A depthwise convolution, and one of size 1 over its channels. */
export const separableConv2d: Translator = (layer, inputs, g) => {
  if (dataFormat(layer) === "channelsFirst") needPlain(layer);
  const x = image(layer, inputs, g);
  const pointwise = kernelOf(layer, g, "pointwise_kernel");
  const y = ops.conv(g, depthwise(layer, x, null, g), pointwise, biasOf(layer, g), {
    strides: [1, 1],
    pads: [0, 0, 0, 0],
  });
  return [activate(layer, y, g)];
};

/** With channels first, tf.js adds the bias along rows and takes a softmax over channels. */
function needPlain(layer: SourceLayer): void {
  if (layer.weights.bias !== undefined) {
    throw unsupported("useBias", true, "false with channelsFirst; tf.js adds the bias along rows");
  }
  const { activation } = layer.config;
  if (activation === "softmax" || activation === "logSoftmax") {
    throw unsupported("activation", activation, "none over an axis with channelsFirst");
  }
}

/** Each channel of x [N, C, H, W] convolved with kernels of its own -> [N, C multiplier, H', W']. */
function depthwise(layer: SourceLayer, x: Value, bias: Value | null, g: GraphBuilder): Value {
  const { data, shape } = weight(layer, "depthwise_kernel");
  const [height = 1, width = 1, channels = 1, multiplier = 1] = shape;
  const kernel = g.constant("depthwise_kernel", permute(data, shape, [2, 3, 0, 1]), [
    channels * multiplier,
    1,
    height,
    width,
  ]);
  const window = windowOf(layer, x, 2);
  return ops.conv(g, x, kernel, bias, { ...window, group: knownSize(x.shape[1]) });
}

function windowOf(layer: SourceLayer, x: Value, rank: number) {
  const strides = sizes(layer, "strides", rank);
  const dilations = sizes(layer, "dilationRate", rank);
  const kernel = sizes(layer, "kernelSize", rank);
  return { strides, dilations, pads: padsOf(layer, x, { kernel, strides, dilations }) };
}

/** The kernel with its axes last: [out, in, k...]; of a transposed convolution [in, out, k...]. */
function kernelOf(layer: SourceLayer, g: GraphBuilder, name = "kernel"): Constant {
  const kernel = weight(layer, name);
  const { shape } = kernel;
  const rank = shape.length;
  const order = [rank - 1, rank - 2, ...shape.slice(2).map((_, axis) => axis)];
  return g.constant(
    name,
    () => permute(kernel.data, shape, order),
    permuteList(shape, order),
    kernel,
  );
}
