/** The section `model`: the architecture of both networks. */
import { z } from "zod";
import { count, section } from "./section.js";

/** Those of tf.js but gelu_new, which it saves under a name that it does not load: such a run could not be used. */
const activation = z
  .enum([
    ...["relu", "relu6", "elu", "selu", "gelu", "swish", "mish"],
    ...["tanh", "sigmoid", "hardSigmoid", "softplus", "softsign", "softmax", "linear"],
  ] as const)
  .default("relu")
  .describe("Activation after every hidden layer");

const normalisation = z
  .enum(["none", "batch", "layer"])
  .default("none")
  .describe(
    "Normalises before the activation of every hidden layer, of convolutions in a convolutional net: over the batch, " +
      "or over the units of each item (the channels of each pixel)",
  );

const outputBias = z
  .enum(["zeros", "data-mean", "channel-mean"])
  .default("zeros")
  .describe(
    "Where the decoder's output starts: at 0; at the data's mean, of each value that has a bias of its own; " +
      "at the mean of each channel, the same for all pixels",
  );

const residualBlocks = (what: string) =>
  z.int().min(0).default(0).describe(`Residual blocks of two ${what} each, at the layer's width`);

const denseModel = section({
  type: z.literal("dense"),
  hidden: z
    .array(count())
    .default([400])
    .describe("Units of the encoder's hidden layers; the decoder has them in reverse"),
  residualBlocks: residualBlocks("dense layers after every hidden layer"),
  normalisation,
  activation,
  outputBias,
});

const convLayer = section({
  channels: count().describe("Output channels"),
  kernel: count().default(3).describe("Side of the square kernel, in pixels"),
  stride: count().default(1).describe("Step of the kernel, in pixels"),
  padding: z.enum(["same", "valid"]).default("same"),
  residualBlocks: residualBlocks(
    "3 x 3 convolutions, after the encoder's and before the decoder's layer",
  ),
});

const convModel = section({
  type: z.literal("conv"),
  layers: z
    .array(convLayer)
    .min(1)
    .describe("Convolutions of the encoder; the decoder transposes them in reverse order"),
  hidden: z
    .array(count())
    .default([])
    .describe("Units of dense layers between the encoder's last convolution and its heads"),
  outputKernel: count()
    .default(3)
    .describe("Side of the kernel of the decoder's last convolution, which yields its output"),
  normalisation,
  activation,
  outputBias,
});

export const model = z.discriminatedUnion("type", [denseModel, convModel], {
  error: (issue) => (issue.code === "invalid_union" ? 'expected "dense" or "conv"' : undefined),
});

export type ModelConfig = z.output<typeof model>;
export type DenseModelConfig = z.output<typeof denseModel>;
export type ConvModelConfig = z.output<typeof convModel>;
export type ConvLayerConfig = z.output<typeof convLayer>;
