/** A variational autoencoder: two tf.LayersModels with their posterior and likelihood, built from a configuration. */
import type { Tensor, Tensor2D, Tensor3D, Variable } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { ItemShape } from "../data/source.js";
import { ConfigError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { buildConv } from "./conv.js";
import { buildDense } from "./dense.js";
import { seededInitialisers } from "./initialise.js";
import type { Networks } from "./layers.js";
import { createLikelihood, type DataParameters, type Likelihood } from "./likelihood/index.js";
import { fullPosterior, type Posterior } from "./posterior/index.js";

/** What a VAE has to know of its data; a Dataset says it. */
export interface DataDescription {
  /** [H, W, C], or [D] of rows of a table. */
  itemShape: ItemShape;
  /** Smallest and largest value; 0 and 1 by default. */
  range?: readonly [number, number];
  /** The classes of the items, where they have any. */
  labels?: { names: readonly string[] } | undefined;
}

/** What decides the form of a VAE. */
export type VaeConfig = Pick<TrainConfig, "latent" | "likelihood" | "condition">;

/** How the networks are called. */
export interface CallOptions {
  /** One-hot labels [N, classes]; of a conditional VAE alone. */
  label?: Tensor2D | undefined;
  /** For batch normalisation: whether it takes the batch's statistics; false by default. */
  training?: boolean;
}

/** Encoder, decoder and likelihood as q(z | x) and p(x | z). */
export interface Vae extends Networks {
  readonly likelihood: Likelihood;
  /** Names of the classes of a conditional VAE. */
  readonly classes: readonly string[] | undefined;
  /** Trainable weights, the encoder's before the decoder's. */
  variables: Variable[];
  /** x [N, ...item] -> q(z | x). */
  encode(x: Tensor, options?: CallOptions): Posterior;
  /** z [N, k] -> the parameters of p(x | z). */
  decode(z: Tensor2D, options?: CallOptions): DataParameters;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Builds the networks of a configuration. Their weights are a function of `config.seed` alone; biases are zero.
 *
 * @throws ConfigError when convolutions do not fit the images, or the data has no classes to condition on
 */
export function buildVae(
  tf: TensorFlow,
  config: VaeConfig & Pick<TrainConfig, "model" | "seed">,
  data: DataDescription,
): Vae {
  const likelihood = createLikelihood(tf, config.likelihood, data.range);
  const context = {
    tf,
    nextInitialiser: seededInitialisers(tf, config.seed),
    itemShape: data.itemShape,
    latent: config.latent,
    classes: classesOf(config, data)?.length,
    heads: likelihood.heads,
  };
  const { model } = config;
  const networks = model.type === "dense" ? buildDense(context, model) : buildConv(context, model);
  return assemble(tf, config, data, networks, likelihood);
}

/** The VAE of two networks as `buildVae` makes them. */
export function vaeOf(
  tf: TensorFlow,
  config: VaeConfig,
  data: DataDescription,
  networks: Networks,
): Vae {
  const likelihood = createLikelihood(tf, config.likelihood, data.range);
  return assemble(tf, config, data, networks, likelihood);
}

function assemble(
  tf: TensorFlow,
  config: VaeConfig,
  data: DataDescription,
  { encoder, decoder }: Networks,
  likelihood: Likelihood,
): Vae {
  const classes = classesOf(config, data);
  const weights = [...encoder.trainableWeights, ...decoder.trainableWeights];
  const inputs = (value: Tensor, label: Tensor2D | undefined) => (label ? [value, label] : value);
  return {
    encoder,
    decoder,
    likelihood,
    classes,
    variables: weights.map((weight) => weight.read() as Variable),
    encode(x, { label, training = false } = {}) {
      const outputs = encoder.apply(inputs(x, label), { training }) as Tensor[];
      const [mean, logVariance, lower] = outputs as [Tensor2D, Tensor2D, Tensor3D?];
      return lower ? fullPosterior(tf, mean, logVariance, lower) : { mean, logVariance };
    },
    decode(z, { label, training = false } = {}) {
      const outputs = decoder.apply(inputs(z, label), { training });
      return likelihood.parameters([outputs as Tensor | Tensor[]].flat());
    },
    dispose() {
      encoder.dispose();
      decoder.dispose();
      likelihood.state?.dispose();
    },
  };
}

function classesOf(
  { condition }: Pick<TrainConfig, "condition">,
  { labels }: DataDescription,
): readonly string[] | undefined {
  if (condition === "none") return undefined;
  if (labels && labels.names.length > 1) return labels.names;
  const found = labels ? `one class alone, ${labels.names[0]}` : "no classes";
  const message = `the items have ${found}, got "label"; choose a dataset with labels, or "none"`;
  throw new ConfigError("config", [{ path: "condition", message }]);
}
