/** A variational autoencoder: two tf.LayersModels, built from a configuration or loaded from a run. */
import type { Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { buildConv } from "./conv.js";
import { buildDense } from "./dense.js";
import { seededInitialisers } from "./initialise.js";
import type { Networks } from "./layers.js";
import type { Posterior } from "./posterior.js";

export interface Vae extends Networks {
  /** Trainable weights, the encoder's before the decoder's. */
  variables: Variable[];
  /** x [N, H, W, C] -> mean and log-variance; `training` is for batch normalisation, false by default. */
  encode(x: Tensor, training?: boolean): Posterior;
  /** z [N, k] -> the likelihood's parameters (logits), [N, H, W, C]. */
  decode(z: Tensor2D, training?: boolean): Tensor;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Builds the networks of a configuration. Their weights are a function of `config.seed` alone; biases are zero.
 *
 * @param itemShape [H, W, C]
 * @throws ConfigError when the convolutions do not fit the images
 */
export function buildVae(
  tf: TensorFlow,
  config: Pick<TrainConfig, "model" | "latent" | "seed">,
  itemShape: readonly [number, number, number],
): Vae {
  const nextInitialiser = seededInitialisers(tf, config.seed);
  const context = { tf, nextInitialiser, itemShape, latentSize: config.latent.size };
  const { model } = config;
  return vaeOf(model.type === "dense" ? buildDense(context, model) : buildConv(context, model));
}

/** The VAE of an encoder with outputs [mean, log_variance] and a decoder. */
export function vaeOf({ encoder, decoder }: Networks): Vae {
  const weights = [...encoder.trainableWeights, ...decoder.trainableWeights];
  return {
    encoder,
    decoder,
    variables: weights.map((weight) => weight.read() as Variable),
    encode(x, training = false) {
      const [mean, logVariance] = encoder.apply(x, { training }) as [Tensor2D, Tensor2D];
      return { mean, logVariance };
    },
    decode: (z, training = false) => decoder.apply(z, { training }) as Tensor,
    dispose() {
      encoder.dispose();
      decoder.dispose();
    },
  };
}
