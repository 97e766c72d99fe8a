/** Slopes of activations exactly where they have a kink, as pixels of a black background reach it with biases of zero. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { describe, expect, test } from "vitest";
import { tf } from "./support.js";

/** Klambauer et al., "Self-normalizing neural networks" (2017): lambda and alpha. */
const [SCALE, ALPHA] = [1.0507009873554805, 1.6732632423543772];

describe.each<[string, (x: Tensor) => Tensor, number, { eager: number; captured: number }]>([
  ["relu", tf.relu, 0, { eager: 0, captured: 0 }],
  ["relu6", tf.relu6, 0, { eager: 0, captured: 0 }],
  ["relu6", tf.relu6, 6, { eager: 1, captured: 0 }],
  ["elu", tf.elu, 0, { eager: 1, captured: 1 }],
  ["leakyRelu", (x) => tf.leakyRelu(x, 0.3), 0, { eager: 0.3, captured: 0.3 }],
  ["selu", tf.selu, 0, { eager: SCALE * ALPHA, captured: SCALE }],
])("%s (case %#)", (_, activation, at, wanted) => {
  const slope = (x: Tensor) => tf.grad((values: Tensor) => tf.sum(activation(values)))(x);

  /** Long enough for vector instructions and for the few values after them. */
  test.each(["eager", "captured"] as const)("%s", (path) => {
    using program = new Program(tf);
    const x = tf.fill([37], at);
    const run = path === "captured" ? program.capture("slope", slope, [x]) : slope;
    for (const value of run(x).dataSync()) expect(value).toBeCloseTo(wanted[path], 6);
  });
});
