/** Seeded initial weights, and the output bias that starts a decoder at the data's mean. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { seededUint32 } from "@vaeport/infer/random";
import { ConfigError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "./vae.js";

type Initialiser = ReturnType<TensorFlow["initializers"]["glorotUniform"]>;

/** Gives the kernel initialiser of the next layer. @param key what in the configuration decides the kernel's size */
export type NextInitialiser = (key: string) => Initialiser;

/** Seeds that are drawn, one a layer. */
const LAYERS = 1024;

/** Numbers of the largest kernel: TensorFlow counts them in 32 bits. */
const LARGEST_KERNEL = 2 ** 31 - 1;

/** Stream of the run's seed that the weights take; the shuffles of the epochs take 1, 2, … */
const WEIGHTS_STREAM = 0;

/**
 * Glorot-uniform kernels as a function of the run's seed and the layer's place alone: tf.js has no global seed,
 * so each layer gets one of its own.
 *
 * @throws ConfigError when there are more layers than seeds; as `limited`
 */
export function seededInitialisers(tf: TensorFlow, seed: number): NextInitialiser {
  const seeds = seededUint32(seed, LAYERS, WEIGHTS_STREAM).values();
  return (key) => {
    const { value, done } = seeds.next();
    if (!done) return limited(key, tf.initializers.glorotUniform({ seed: value }));
    throw new ConfigError("config", [
      { path: "model", message: `asks for more than ${LAYERS} layers with weights; take fewer` },
    ]);
  };
}

/** The initialiser, which throws ConfigError, naming the key, for a kernel that is larger than a tensor can be. */
export function limited(key: string, initialiser: Initialiser): Initialiser {
  const refuse = (shape: readonly number[], cause?: unknown): never => {
    const message =
      `asks for a layer of weights [${shape}], and one holds at most ${LARGEST_KERNEL} numbers, ` +
      "or what memory holds; make it smaller";
    throw new ConfigError("config", [{ path: key, message }], { cause });
  };
  const apply: Initialiser["apply"] = (shape, dtype) => {
    if (shape.reduce((a, b) => a! * b!, 1)! > LARGEST_KERNEL) refuse(shape as number[]);
    try {
      return Object.getPrototypeOf(initialiser).apply.call(initialiser, shape, dtype);
    } catch (cause) {
      if (cause instanceof RangeError) refuse(shape as number[], cause);
      throw cause;
    }
  };
  return Object.assign(initialiser, { apply });
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
