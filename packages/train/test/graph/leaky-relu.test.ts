/** The gradient of leakyRelu reads its output rather than its input, where that says as much. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { capture } from "../../src/graph/recording/capture.js";
import { largestDifference, seeded, tf } from "./support.js";

const x = tf.keep(seeded([6, 4], 1));

test.each([
  { alpha: 0.2, reads: "LeakyRelu" },
  { alpha: 0, reads: "LeakyRelu" },
  { alpha: -0.2, reads: "Mul" },
])("alpha $alpha: of $reads, and eager's numbers", ({ alpha, reads }) => {
  const gradient = (y: Tensor) =>
    tf.grad((z: Tensor) => tf.sum(tf.sin(tf.leakyRelu(tf.mul(z, z.add(0.5)), alpha))))(y);
  const { operations } = capture(tf, ([y]) => [gradient(y!)], [x], {
    name: "gradient",
    nativeGradients: true,
  });
  const backward = operations.find(({ name }) => name === "LeakyReluGrad");
  const features = backward?.inputs[1] as number;
  expect(operations.find(({ outputs }) => outputs.includes(features))?.name).toBe(reads);

  using program = new Program(tf);
  const captured = program.capture("gradient", gradient, [x])(x);
  expect(
    largestDifference(
      captured,
      tf.tidy(() => gradient(x)),
    ),
  ).toBeLessThan(1e-6);
});
