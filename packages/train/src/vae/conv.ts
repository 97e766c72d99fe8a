/** Convolutional networks: convolutions, dense layers, two heads; and transposed convolutions back. */
import type { SymbolicTensor } from "@tensorflow/tfjs-node";
import type { ConvLayerConfig, ConvModelConfig } from "../config.js";
import { ConfigError } from "../errors.js";
import { OUTPUT_LAYER } from "./initialise.js";
import { type BuildContext, denseStack, encoderWithHeads, type Networks } from "./layers.js";

/**
 * The decoder opens with a dense layer to the encoder's last feature map, transposes each convolution in reverse
 * order, and ends with a convolution to the logits.
 *
 * @throws ConfigError when a layer does not fit the images
 */
export function buildConv(context: BuildContext, config: ConvModelConfig): Networks {
  const { tf, itemShape } = context;
  const [height, width] = featureMap(itemShape, config.layers);

  const x = tf.input({ name: "x", shape: [...itemShape] });
  const maps = config.layers.reduce((value, layer, i) => {
    return convolution(context, config, "conv2d", `conv_${i + 1}`, layer, value);
  }, x);
  const flat = tf.layers.flatten({ name: "flatten" }).apply(maps) as SymbolicTensor;
  const features = denseStack(context, flat, config.hidden, config.activation);
  const encoder = encoderWithHeads(context, x, features);
  return { encoder, decoder: decoderFrom(context, config, [height, width]) };
}

function decoderFrom(
  context: BuildContext,
  config: ConvModelConfig,
  [height, width]: readonly [number, number],
) {
  const { tf, nextInitialiser, itemShape, latentSize } = context;
  const { channels } = config.layers.at(-1)!;
  const z = tf.input({ name: "z", shape: [latentSize] });
  const vector = denseStack(context, z, [height * width * channels], config.activation);
  const targetShape = [height, width, channels];
  const map = tf.layers.reshape({ name: "feature_map", targetShape }).apply(vector);
  const maps = config.layers.toReversed().reduce((value, layer, i) => {
    return convolution(context, config, "conv2dTranspose", `transpose_${i + 1}`, layer, value);
  }, map as SymbolicTensor);
  const output = tf.layers.conv2dTranspose({
    name: OUTPUT_LAYER,
    filters: itemShape[2],
    kernelSize: config.outputKernel,
    padding: "same",
    kernelInitializer: nextInitialiser(),
  });
  const logits = output.apply(maps) as SymbolicTensor;
  return tf.model({ name: "decoder", inputs: z, outputs: logits });
}

/** A convolution with its activation; batch normalisation goes between the two, and makes the bias superfluous. */
function convolution(
  { tf, nextInitialiser }: BuildContext,
  { activation, batchNormalisation }: ConvModelConfig,
  kind: "conv2d" | "conv2dTranspose",
  name: string,
  { channels, kernel, stride, padding }: ConvLayerConfig,
  input: SymbolicTensor,
): SymbolicTensor {
  const args = {
    name,
    filters: channels,
    kernelSize: kernel,
    strides: stride,
    padding,
    kernelInitializer: nextInitialiser(),
  };
  const layers = batchNormalisation
    ? [
        tf.layers[kind]({ ...args, useBias: false }),
        tf.layers.batchNormalization({ name: `${name}_norm`, momentum: 0.9 }),
        tf.layers.activation({ name: `${name}_activation`, activation }),
      ]
    : [tf.layers[kind]({ ...args, activation })];
  return layers.reduce((value, layer) => layer.apply(value) as SymbolicTensor, input);
}

/** Height and width of the last feature map, once every transposed layer is known to lead back to the same size. */
function featureMap(
  [height, width]: readonly [number, number, number],
  layers: readonly ConvLayerConfig[],
): [number, number] {
  return layers.reduce<[number, number]>(
    (size, layer, i) => size.map((n) => outputSize(n, layer, i)) as [number, number],
    [height, width],
  );
}

function outputSize(
  size: number,
  { kernel, stride, padding }: ConvLayerConfig,
  layer: number,
): number {
  const same = padding === "same";
  const output = same ? Math.ceil(size / stride) : Math.floor((size - kernel) / stride) + 1;
  const back = same ? output * stride : (output - 1) * stride + Math.max(kernel, stride);
  if (output >= 1 && back === size) return output;
  const problem =
    output < 1
      ? `a kernel of ${kernel} does not fit into ${size} pixels; take a smaller one, or padding "same"`
      : `maps ${size} pixels to ${output}, and the decoder's transpose maps them back to ${back}; take a stride ` +
        `that divides ${size}, or padding "valid" where ${size} - kernel is a multiple of the stride`;
  throw new ConfigError("config", [{ path: `model.layers[${layer}]`, message: problem }]);
}
