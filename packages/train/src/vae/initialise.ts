/** Seeded initial weights, and the output bias that starts a decoder at the data's mean. */
import type { LayersModel, Tensor, Tensor4D } from "@tensorflow/tfjs-node";
import { seededUint32 } from "@vaeport/infer/random";
import type { TensorFlow } from "../tensorflow/index.js";

/** Gives the kernel initialiser of the next layer. */
export type NextInitialiser = () => ReturnType<TensorFlow["initializers"]["glorotUniform"]>;

/** More layers than any network here has. */
const LAYERS = 1024;

/** Stream of the run's seed that the weights take; the shuffles of the epochs take 1, 2, … */
const WEIGHTS_STREAM = 0;

/**
 * Glorot-uniform kernels as a function of the run's seed and the layer's place alone: tf.js has no global seed,
 * so each layer gets one of its own.
 */
export function seededInitialisers(tf: TensorFlow, seed: number): NextInitialiser {
  const seeds = seededUint32(seed, LAYERS, WEIGHTS_STREAM).values();
  return () => tf.initializers.glorotUniform({ seed: seeds.next().value as number });
}

/** Name of the decoder's last layer with weights. */
export const OUTPUT_LAYER = "logits";

/** Means are kept this far from 0 and 1, where logits are infinite. */
const SMALLEST_MEAN = 1e-3;

/**
 * Sets the decoder's output bias to the logits of the data's mean, log(p / (1 - p)): of every pixel where each has
 * a bias, of every channel where the bias belongs to a convolution.
 *
 * @param images [N, H, W, C] in 0..1
 */
export function startAtDataMean(tf: TensorFlow, decoder: LayersModel, images: Tensor4D): void {
  const layer = decoder.getLayer(OUTPUT_LAYER);
  const [kernel, bias] = layer.getWeights() as [Tensor, Tensor];
  tf.tidy(() => {
    const perChannel = bias.size === images.shape[3];
    const mean = tf.reshape(tf.mean(images, perChannel ? [0, 1, 2] : 0), [-1]);
    const p = tf.clipByValue(mean, SMALLEST_MEAN, 1 - SMALLEST_MEAN);
    layer.setWeights([kernel, tf.log(tf.div(p, tf.sub(1, p)))]);
  });
}
