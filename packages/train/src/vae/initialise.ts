/** Seeded initial weights, and the output bias that starts a decoder at the data's mean. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { seededUint32 } from "@vaeport/infer/random";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "./vae.js";

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

/**
 * Sets the bias of the decoder's first head so that its mean is the data's: of every value that has a bias of its own
 * (a convolution has one a channel), or of every channel alike.
 *
 * @param items [N, H, W, C], or [N, D] of D channels
 * @param tied whether all values of a channel start at the same mean
 */
export function startAtDataMean(
  tf: TensorFlow,
  { decoder, likelihood }: Pick<Vae, "decoder" | "likelihood">,
  items: Tensor,
  tied = false,
): void {
  const layer = decoder.getLayer(likelihood.heads[0]!.name);
  const [kernel, bias] = layer.getWeights() as [Tensor, Tensor];
  tf.tidy(() => {
    const channels = items.shape.at(-1)!;
    const perChannel = tied || bias.size === channels;
    const allButChannels = items.shape.slice(1).map((_, axis) => axis);
    const mean = tf.mean(items, perChannel ? allButChannels : 0);
    const repeats = perChannel ? bias.size / channels : 1;
    const start = mean.dataSync<"float32">().map((value) => likelihood.biasFor(value));
    layer.setWeights([kernel, tf.tile(tf.tensor1d(start), [repeats])]);
  });
}
