/** Convolutional networks: convolutions, dense layers, two heads; and transposed convolutions back. */
import type { SymbolicTensor } from "@tensorflow/tfjs-node";
import type { ConvLayerConfig, ConvModelConfig } from "../config.js";
import type { ItemShape } from "../data/source.js";
import { ConfigError } from "../errors.js";
import {
  activate,
  apply,
  type BuildContext,
  denseStack,
  encoderHeads,
  entrance,
  type HiddenStyle,
  linear,
  type Networks,
  residualBlocks,
} from "./layers.js";

/**
 * The decoder opens with a dense layer to the encoder's last feature map, transposes each convolution in reverse
 * order, and ends with a convolution to each of the likelihood's heads. A label joins the flat features, and z.
 *
 * @throws ConfigError when a layer does not fit the images
 */
export function buildConv(context: BuildContext, config: ConvModelConfig): Networks {
  const { tf, itemShape } = context;
  const size = featureMap(imageSize(itemShape), config.layers);

  const x = tf.input({ name: "x", shape: [...itemShape] });
  const { inputs, withLabel } = entrance(context, x);
  const maps = config.layers.reduce((value, layer, i) => {
    const name = `conv_${i + 1}`;
    const convolved = convolution(context, config, "conv2d", name, layer, value);
    return blocksAfter(context, config, name, layer.residualBlocks, convolved);
  }, x);
  const flat = withLabel(apply(tf.layers.flatten({ name: "flatten" }), maps));
  const outputs = encoderHeads(context, denseStack(context, plain(config), config.hidden, flat));
  const encoder = tf.model({ name: "encoder", inputs, outputs });
  return { encoder, decoder: buildDecoder(context, config, size) };
}

/** Dense layers between convolutions are not normalised. */
function plain({ activation }: ConvModelConfig): HiddenStyle {
  return { activation, normalisation: "none" };
}

function buildDecoder(
  context: BuildContext,
  config: ConvModelConfig,
  [height, width]: readonly [number, number],
) {
  const { tf, latent } = context;
  const { channels } = config.layers.at(-1)!;
  const z = tf.input({ name: "z", shape: [latent.size] });
  const { inputs, withLabel } = entrance(context, z);
  const vector = denseStack(context, plain(config), [height * width * channels], withLabel(z));
  const targetShape = [height, width, channels];
  const map = apply(tf.layers.reshape({ name: "feature_map", targetShape }), vector);
  const maps = config.layers.toReversed().reduce((value, layer, i) => {
    const name = `transpose_${i + 1}`;
    const refined = blocksAfter(context, config, name, layer.residualBlocks, value);
    return convolution(context, config, "conv2dTranspose", name, layer, refined);
  }, map);
  const outputs = decoderHeads(context, config.outputKernel, maps);
  return tf.model({ name: "decoder", inputs, outputs });
}

/** A convolution of the last feature maps to each head; what is one value an item comes from their averages. */
function decoderHeads(
  { tf, nextInitialiser, itemShape, heads }: BuildContext,
  kernelSize: number,
  maps: SymbolicTensor,
): SymbolicTensor[] {
  return heads.map(({ name, of }) => {
    const kernelInitializer = nextInitialiser("model.layers");
    if (of === "value") {
      const filters = itemShape.at(-1)!;
      const args = { name, filters, kernelSize, padding: "same" as const, kernelInitializer };
      return apply(tf.layers.conv2dTranspose(args), maps);
    }
    const pool = tf.layers.globalAveragePooling2d({ name: `${name}_pool` });
    const value = tf.layers.dense({ name, units: 1, kernelInitializer });
    const image = tf.layers.reshape({ name: `${name}_image`, targetShape: [1, 1, 1] });
    return apply(image, apply(value, apply(pool, maps)));
  });
}

/** A convolution, normalised and activated. */
function convolution(
  context: BuildContext,
  config: ConvModelConfig,
  kind: "conv2d" | "conv2dTranspose",
  name: string,
  { channels: filters, kernel: kernelSize, stride: strides, padding }: ConvLayerConfig,
  input: SymbolicTensor,
): SymbolicTensor {
  const { tf, nextInitialiser } = context;
  const make = (args: { name: string; useBias: boolean }) => {
    const kernelInitializer = nextInitialiser("model.layers");
    return tf.layers[kind]({ ...args, filters, kernelSize, strides, padding, kernelInitializer });
  };
  return activate(context, config, name, linear(context, config, name, make, input));
}

/** Residual blocks of 3 x 3 convolutions, as many channels as the input has. */
function blocksAfter(
  context: BuildContext,
  config: ConvModelConfig,
  name: string,
  blocks: number,
  input: SymbolicTensor,
): SymbolicTensor {
  const { tf, nextInitialiser } = context;
  const filters = input.shape.at(-1)!;
  const make = (args: { name: string; useBias: boolean }) => {
    const kernelInitializer = nextInitialiser("model.layers");
    const window = { filters, kernelSize: 3, padding: "same" as const };
    return tf.layers.conv2d({ ...args, ...window, kernelInitializer });
  };
  return residualBlocks(context, config, { name, blocks }, make, input);
}

function imageSize(itemShape: ItemShape): [number, number] {
  if (itemShape.length === 3) return [itemShape[0], itemShape[1]];
  const message = `convolves images, and the items are rows of ${itemShape[0]} numbers; take "dense", got "conv"`;
  throw new ConfigError("config", [{ path: "model.type", message }]);
}

/** Height and width of the last feature map, once every transposed layer is known to lead back to the same size. */
function featureMap(image: [number, number], layers: readonly ConvLayerConfig[]): [number, number] {
  return layers.reduce<[number, number]>(
    (size, layer, i) => size.map((n) => outputSize(n, layer, i)) as [number, number],
    image,
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
