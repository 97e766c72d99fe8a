/** The global norm of gradients, and clipping by it. */
import type { NamedTensorMap, Scalar } from "@tensorflow/tfjs-node";
import { execute } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";

/** The Euclidean norm of all gradients taken together. */
export function globalNorm(tf: TensorFlow, gradients: NamedTensorMap): Scalar {
  const halves = Object.values(gradients).map((gradient) =>
    execute<Scalar>(tf, "L2Loss", [gradient], { T: { dtype: "float32" } }),
  );
  return tf.sqrt(tf.mul(tf.sum(tf.stack(halves)), 2));
}

/**
 * Gradients of a global norm above `limit` are scaled down to it; others stay as they are.
 * Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
 */
export function clipByGlobalNorm(
  tf: TensorFlow,
  gradients: NamedTensorMap,
  limit: number,
): NamedTensorMap {
  const norm = globalNorm(tf, gradients);
  const scale = tf.div(limit, tf.maximum(norm, limit));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, scale)]),
  );
}
