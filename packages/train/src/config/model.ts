/** The section `model`: the architecture of both networks. */
import { z } from "zod";
import { count, section } from "./section.js";

const activation = z
  .enum(["relu", "elu", "selu", "softplus", "swish", "tanh", "sigmoid"])
  .default("relu")
  .describe("Activation after every hidden layer");

const outputBias = z
  .enum(["zeros", "data-mean"])
  .default("zeros")
  .describe("Initial bias of the decoder's last layer: zeros, or the logits of the data's mean");

const denseModel = section({
  type: z.literal("dense"),
  hidden: z
    .array(count())
    .default([400])
    .describe("Units of the encoder's hidden layers; the decoder has them in reverse"),
  activation,
  outputBias,
});

const convLayer = section({
  channels: count().describe("Output channels"),
  kernel: count().default(3).describe("Side of the square kernel, in pixels"),
  stride: count().default(1).describe("Step of the kernel, in pixels"),
  padding: z.enum(["same", "valid"]).default("same"),
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
    .describe("Side of the kernel of the decoder's last convolution, which yields the logits"),
  batchNormalisation: z
    .boolean()
    .default(false)
    .describe("Normalise over the batch after every hidden convolution"),
  activation,
  outputBias,
});

export const model = z.discriminatedUnion("type", [denseModel, convModel], {
  error: (issue) => (issue.code === "invalid_union" ? 'expected "dense" or "conv"' : undefined),
});

export type DenseModelConfig = z.output<typeof denseModel>;
export type ConvModelConfig = z.output<typeof convModel>;
export type ConvLayerConfig = z.output<typeof convLayer>;
