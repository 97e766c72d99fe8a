/** Dense networks: the data flattened, hidden layers, two heads; and the way back. */
import type { SymbolicTensor } from "@tensorflow/tfjs-node";
import type { DenseModelConfig } from "../config.js";
import { OUTPUT_LAYER } from "./initialise.js";
import { type BuildContext, denseStack, encoderWithHeads, type Networks } from "./layers.js";

/** The decoder has the encoder's hidden layers in reverse. */
export function buildDense(context: BuildContext, config: DenseModelConfig): Networks {
  const { tf, nextInitialiser, itemShape, latentSize } = context;
  const x = tf.input({ name: "x", shape: [...itemShape] });
  const flat = tf.layers.flatten({ name: "flatten" }).apply(x) as SymbolicTensor;
  const features = denseStack(context, flat, config.hidden, config.activation);
  const encoder = encoderWithHeads(context, x, features);

  const z = tf.input({ name: "z", shape: [latentSize] });
  const hidden = denseStack(context, z, config.hidden.toReversed(), config.activation);
  const units = itemShape.reduce((a, b) => a * b);
  const kernelInitializer = nextInitialiser();
  const pixels = tf.layers.dense({ name: OUTPUT_LAYER, units, kernelInitializer }).apply(hidden);
  const logits = tf.layers.reshape({ name: "image", targetShape: [...itemShape] }).apply(pixels);
  const decoder = tf.model({ name: "decoder", inputs: z, outputs: logits as SymbolicTensor });
  return { encoder, decoder };
}
