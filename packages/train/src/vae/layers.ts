/** What dense and convolutional networks share. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-node";
import type { DenseModelConfig } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { NextInitialiser } from "./initialise.js";

/** The two networks of a VAE. */
export interface Networks {
  /** x [N, H, W, C] -> [mean, log_variance], each [N, k]. */
  encoder: LayersModel;
  /** z [N, k] -> logits, [N, H, W, C]. */
  decoder: LayersModel;
}

/** Where a network is built: the library, the initialisers in layer order, and the sizes at both ends. */
export interface BuildContext {
  tf: TensorFlow;
  nextInitialiser: NextInitialiser;
  /** [H, W, C]. */
  itemShape: readonly [number, number, number];
  latentSize: number;
}

/** Hidden dense layers named `hidden_1`, `hidden_2`, … */
export function denseStack(
  { tf, nextInitialiser }: BuildContext,
  input: SymbolicTensor,
  hidden: readonly number[],
  activation: DenseModelConfig["activation"],
): SymbolicTensor {
  return hidden.reduce((value, units, i) => {
    const kernelInitializer = nextInitialiser();
    const layer = tf.layers.dense({
      name: `hidden_${i + 1}`,
      units,
      activation,
      kernelInitializer,
    });
    return layer.apply(value) as SymbolicTensor;
  }, input);
}

/** The encoder from `x` to its two heads, linear in `features` [N, d]. */
export function encoderWithHeads(
  { tf, nextInitialiser, latentSize }: BuildContext,
  x: SymbolicTensor,
  features: SymbolicTensor,
): LayersModel {
  const [mean, logVariance] = ["mean", "log_variance"].map((name) => {
    const kernelInitializer = nextInitialiser();
    return tf.layers.dense({ name, units: latentSize, kernelInitializer }).apply(features);
  }) as [SymbolicTensor, SymbolicTensor];
  return tf.model({ name: "encoder", inputs: x, outputs: [mean, logVariance] });
}
