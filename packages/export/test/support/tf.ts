/** tf.js in plain JavaScript, with seeded numbers: what every export is compared with. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { seededNormal, seededUniform } from "@vaeport/infer/random";

tf.enableProdMode(); // no advertisement for the native backend

export { tf, tfl };

/** Draws a tensor is made of at most: a larger one repeats them, as they take longer than the rest. */
const MOST_DRAWS = 1_000_003;

/** A standard normal tensor, times `spread`. */
export function normal(shape: readonly number[], seed: number, spread = 1): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape([...shape]));
  const draws = seededNormal(seed, Math.min(values.length, MOST_DRAWS));
  for (let index = 0; index < values.length; index++) {
    values[index] = (draws[index % MOST_DRAWS] as number) * spread;
  }
  return tf.tensor(values, [...shape]);
}

/** Whole numbers from 0 up to `below`. */
export function indices(
  shape: readonly number[],
  seed: number,
  below: number,
  dtype: "float32" | "int32" = "float32",
): tf.Tensor {
  const uniform = seededUniform(seed, tf.util.sizeFromShape([...shape]));
  const values = Float32Array.from(uniform, (u) => Math.floor(u * below));
  return tf.tensor(values, [...shape], dtype);
}

/** Random, non-trivial weights: variances positive, kernels that keep activations near 1. */
export function randomise<T extends tfl.LayersModel>(model: T, seed = 1): T {
  const weights = model.weights.map((weight, index) => {
    const shape = weight.shape.map(Number);
    if (weight.originalName.endsWith("moving_variance")) {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = Float32Array.from(seededUniform(seed + index, count), (value) => 0.3 + value);
      return tf.tensor(values, shape);
    }
    const depthwise = weight.originalName.endsWith("depthwise_kernel");
    const fan = shape.slice(0, depthwise ? 2 : -1).reduce((product, size) => product * size, 1);
    const kernel = weight.originalName.endsWith("kernel");
    return normal(shape, seed + index, kernel ? 1 / Math.sqrt(fan) : 0.7);
  });
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

/** A Sequential of these layers over items of a shape, with random weights. */
export function sequential(
  inputShape: readonly (number | null)[],
  layers: tfl.layers.Layer[],
  seed = 1,
) {
  const input = tfl.layers.inputLayer({ inputShape: [...inputShape], name: "x" });
  return randomise(tfl.sequential({ name: "model", layers: [input, ...layers] }), seed);
}
