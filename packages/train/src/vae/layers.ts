/** What dense and convolutional networks share: where they are built, hidden layers, the ends of both networks. */
import type { LayersModel, layers, SymbolicTensor } from "@tensorflow/tfjs-node";
import type { LatentConfig } from "../config/latent.js";
import type { ModelConfig } from "../config/model.js";
import type { ItemShape } from "../data/source.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { limited, type NextInitialiser } from "./initialise.js";
import type { DecoderHead } from "./likelihood/index.js";

/** The two networks of a VAE. With classes, both take `label` [N, classes], one-hot, as their second input. */
export interface Networks {
  /** x [N, ...item] -> [mean, log_variance], each [N, k]; of a full covariance `lower` [N, k, k] besides. */
  encoder: LayersModel;
  /** z [N, k] -> the outputs that the likelihood's heads name. */
  decoder: LayersModel;
}

/** Where a network is built: the library, the initialisers in layer order, and what is at both ends. */
export interface BuildContext {
  tf: TensorFlow;
  nextInitialiser: NextInitialiser;
  itemShape: ItemShape;
  latent: LatentConfig;
  /** Classes of a conditional model. */
  classes: number | undefined;
  heads: readonly DecoderHead[];
}

/** How hidden layers are made. */
export type HiddenStyle = Pick<ModelConfig, "activation" | "normalisation">;

type Layer = Pick<layers.Layer, "apply">;

export const apply = (layer: Layer, input: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
  layer.apply(input) as SymbolicTensor;

/**
 * A linear layer, normalised, without its activation. Normalisation makes the layer's bias superfluous.
 *
 * @param make the layer, with or without a bias
 */
export function linear(
  { tf }: BuildContext,
  { normalisation }: HiddenStyle,
  name: string,
  make: (args: { name: string; useBias: boolean }) => Layer,
  input: SymbolicTensor,
): SymbolicTensor {
  const value = apply(make({ name, useBias: normalisation === "none" }), input);
  const norm = `${name}_norm`;
  switch (normalisation) {
    case "none":
      return value;
    case "batch":
      return apply(tf.layers.batchNormalization({ name: norm, momentum: 0.9 }), value);
    case "layer":
      return apply(tf.layers.layerNormalization({ name: norm }), value);
  }
}

export function activate(
  { tf }: BuildContext,
  { activation }: HiddenStyle,
  name: string,
  input: SymbolicTensor,
): SymbolicTensor {
  return apply(tf.layers.activation({ name: `${name}_activation`, activation }), input);
}

/**
 * Residual blocks: the activation of a value plus two layers of it, the first of them activated itself.
 * He et al., "Deep residual learning" (2016), figure 2.
 */
export function residualBlocks(
  context: BuildContext,
  style: HiddenStyle,
  { name, blocks }: { name: string; blocks: number },
  make: (args: { name: string; useBias: boolean }) => Layer,
  input: SymbolicTensor,
): SymbolicTensor {
  let value = input;
  for (let block = 1; block <= blocks; block++) {
    const [first, second] = [`${name}_block_${block}a`, `${name}_block_${block}b`] as const;
    const inner = activate(context, style, first, linear(context, style, first, make, value));
    const branch = linear(context, style, second, make, inner);
    const sum = apply(context.tf.layers.add({ name: `${second}_sum` }), [value, branch]);
    value = activate(context, style, second, sum);
  }
  return value;
}

/** Hidden dense layers named `hidden_1`, `hidden_2`, …, each followed by its residual blocks. */
export function denseStack(
  context: BuildContext,
  style: HiddenStyle & { residualBlocks?: number },
  hidden: readonly number[],
  input: SymbolicTensor,
): SymbolicTensor {
  const { tf, nextInitialiser } = context;
  return hidden.reduce((value, units, i) => {
    const name = `hidden_${i + 1}`;
    const make = (args: { name: string; useBias: boolean }) =>
      tf.layers.dense({ ...args, units, kernelInitializer: nextInitialiser("model.hidden") });
    const first = activate(context, style, name, linear(context, style, name, make, value));
    const blocks = { name, blocks: style.residualBlocks ?? 0 };
    return residualBlocks(context, style, blocks, make, first);
  }, input);
}

/** The input of a network, and what follows it: the value itself, or beside the label, one-hot. */
export interface Entrance {
  inputs: SymbolicTensor | SymbolicTensor[];
  /** Joins the label to features [N, d]. */
  withLabel(features: SymbolicTensor): SymbolicTensor;
}

export function entrance({ tf, classes }: BuildContext, input: SymbolicTensor): Entrance {
  if (classes === undefined) return { inputs: input, withLabel: (features) => features };
  const label = tf.input({ name: "label", shape: [classes] });
  return {
    inputs: [input, label],
    withLabel: (features) =>
      apply(tf.layers.concatenate({ name: "with_label" }), [features, label]),
  };
}

/** The encoder's heads, linear in `features` [N, d]. */
export function encoderHeads(
  { tf, nextInitialiser, latent: { size, posterior } }: BuildContext,
  features: SymbolicTensor,
): SymbolicTensor[] {
  const heads = ["mean", "log_variance"].map((name) => {
    const kernelInitializer = nextInitialiser("latent.size");
    return apply(tf.layers.dense({ name, units: size, kernelInitializer }), features);
  });
  if (posterior === "diagonal") return heads;
  // Starts as a diagonal covariance; what would lie on or above the diagonal is never used.
  const kernelInitializer = limited("latent.size", tf.initializers.zeros());
  const flat = tf.layers.dense({ name: "lower", units: size ** 2, kernelInitializer });
  const matrix = tf.layers.reshape({ name: "lower_matrix", targetShape: [size, size] });
  return [...heads, apply(matrix, apply(flat, features))];
}
