/** The gradient of batch normalisation without the tiling of tf.js' own. */
import type { GradConfig, Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";

/**
 * y = (x - mean) * s * scale + offset with s = 1 / sqrt(variance + epsilon); the parameters are of x's shape, or
 * broadcast to it. Ioffe and Szegedy, "Batch normalization" (2015), with mean and variance as inputs.
 */
export function batchNormalisationGradient(tf: TensorFlow): GradConfig {
  return {
    kernelName: "FusedBatchNorm",
    inputsToSave: ["x", "mean", "variance", "scale"],
    gradFunc: (upstream, saved, attributes) => {
      const dy = upstream as Tensor;
      const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | null];
      const { varianceEpsilon } = attributes as { varianceEpsilon: number };
      const axes = tf.broadcast_util.getReductionAxes(mean.shape, x.shape);
      const total = (t: Tensor) => tf.reshape(axes.length > 0 ? tf.sum(t, axes) : t, mean.shape);
      const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon));
      const slope = scale ? tf.mul(inverse, scale) : inverse;
      const sum = total(dy);
      const correlation = total(tf.mul(dy, tf.sub(x, mean)));
      return {
        x: () => tf.mul(dy, slope),
        mean: () => tf.neg(tf.mul(sum, slope)),
        variance: () => tf.mul(correlation, tf.mul(tf.mul(slope, -0.5), tf.square(inverse))),
        scale: () => tf.mul(correlation, inverse),
        offset: () => tf.clone(sum),
      };
    },
  };
}
