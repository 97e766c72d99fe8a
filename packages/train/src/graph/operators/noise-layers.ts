/** Dropout and Gaussian noise on counter-based random numbers, as functions and as layers. */
import type { layers, Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { GraphError } from "../errors.js";
import { type RandomStream, randomStream } from "./random.js";

/** What `tf.layers` hands to a layer's `call` beside its inputs. */
type CallOptions = { training?: boolean };

/** What a layer's own stream of random numbers is known by. */
export interface NoiseLayerOptions {
  /** An integer in [0, 2^31). */
  seed: number;
  /** Of the layer, and with "/random" of the tf.Variable that holds its state; must be unique. */
  name: string;
}

/**
 * Each element set to zero with probability `rate`, the others divided by 1 - rate; the shape is kept.
 * Srivastava et al., "Dropout" (2014), in the inverted form.
 *
 * @param rate in [0, 1)
 */
export function dropout<T extends Tensor>(
  tf: TensorFlow,
  x: T,
  rate: number,
  random: RandomStream,
): T {
  requireRate("dropout", rate);
  if (rate === 0) return x;
  return tf.tidy(() => {
    const kept = tf.cast(tf.greaterEqual(random.uniform(x.shape), rate), "float32");
    return tf.mul(x, tf.mul(kept, 1 / (1 - rate))) as T;
  });
}

/**
 * A layer that applies `dropout` while training and nothing otherwise.
 *
 * @param options.rate in [0, 1)
 */
export function dropoutLayer(
  tf: TensorFlow,
  options: NoiseLayerOptions & { rate: number },
): layers.Layer {
  requireRate(options.name, options.rate);
  return noiseLayer(tf, "CounterDropout", options, (x, random) =>
    dropout(tf, x, options.rate, random),
  );
}

/**
 * A layer that adds normal noise of the given standard deviation while training and nothing otherwise.
 *
 * @param options.deviation not negative
 */
export function gaussianNoiseLayer(
  tf: TensorFlow,
  options: NoiseLayerOptions & { deviation: number },
): layers.Layer {
  if (!(options.deviation >= 0)) {
    throw new GraphError(
      `${options.name}: deviation is ${options.deviation}; give a number of at least 0.`,
    );
  }
  return noiseLayer(tf, "CounterGaussianNoise", options, (x, random) =>
    tf.add(x, tf.mul(random.normal(x.shape), options.deviation)),
  );
}

function noiseLayer(
  tf: TensorFlow,
  className: string,
  options: NoiseLayerOptions,
  disturb: (x: Tensor, random: RandomStream) => Tensor,
): layers.Layer {
  const random = randomStream(tf, { seed: options.seed, name: `${options.name}/random` });
  class NoiseLayer extends tf.layers.Layer {
    static readonly className = className;
    override getConfig() {
      return { ...super.getConfig(), ...options };
    }
    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }
    override call(inputs: Tensor | Tensor[], { training }: CallOptions): Tensor {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      return training ? tf.tidy(() => disturb(x, random)) : tf.clone(x);
    }
    override dispose() {
      random.dispose();
      return super.dispose();
    }
  }
  return new NoiseLayer({ name: options.name });
}

function requireRate(where: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) {
    throw new GraphError(`${where}: rate is ${rate}; give a number in [0, 1).`);
  }
}
