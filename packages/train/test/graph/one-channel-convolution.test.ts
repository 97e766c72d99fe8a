/** Convolutions to one channel, which are written as a matrix product and moved planes: the numbers of eager tf.js. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { emit } from "./emitted.js";
import { seeded, tf } from "./support.js";

const x = tf.keep(seeded([3, 6, 5, 8], 1) as Tensor4D);
type Filter = [number, number, number, number];
type Stride = [number, number];

const filterOf = (shape: Filter) => tf.keep(seeded(shape, 2) as Tensor4D);

function convolve(shape: Filter, stride: Stride = [1, 1], pad: "same" | "valid" = "same") {
  const filter = filterOf(shape);
  return (y: Tensor) => tf.conv2d(y as Tensor4D, filter, stride, pad) as Tensor;
}

function transposed(shape: Filter, [down, right]: Stride = [1, 1]) {
  const filter = filterOf(shape);
  const to: Filter = [3, 6 * down, 5 * right, shape[2]];
  return (y: Tensor) =>
    tf.conv2dTranspose(y as Tensor4D, filter, to, [down, right], "same") as Tensor;
}

const REWRITTEN: Record<string, (y: Tensor) => Tensor> = {
  "transposed 3 x 3": transposed([3, 3, 1, 8]),
  "transposed 5 x 3": transposed([5, 3, 1, 8]),
  "transposed 1 x 7": transposed([1, 7, 1, 8]),
  "3 x 3": convolve([3, 3, 8, 1]),
  "7 x 1": convolve([7, 1, 8, 1]),
};

const LEFT: Record<string, (y: Tensor) => Tensor> = {
  "transposed of stride 2": transposed([3, 3, 1, 8], [2, 2]),
  "transposed, even": transposed([4, 3, 1, 8]),
  "transposed to two channels": transposed([3, 3, 2, 8]),
  "1 x 1": convolve([1, 1, 8, 1]),
  "of stride 2": convolve([3, 3, 8, 1], [2, 1]),
  valid: convolve([3, 3, 8, 1], [1, 1], "valid"),
};

const cases = (functions: typeof LEFT, rewritten: boolean) =>
  Object.entries(functions).map(([name, f]) => ({ name, f, rewritten }));

test.each([...cases(REWRITTEN, true), ...cases(LEFT, false)])(
  "$name, rewritten: $rewritten",
  ({ name, f, rewritten }) => {
    const operators = [...emit(f, x).nodes.values()].map(({ op }) => op);
    expect(operators.some((operator) => operator.startsWith("Conv2D"))).toBe(!rewritten);
    using program = new Program(tf);
    const loss = (y: Tensor) => ({
      y: f(y),
      gradient: tf.grad((z: Tensor) => tf.sum(tf.exp(f(z))))(y),
    });
    const captured = program.capture(name, loss, [x])(x);
    const eager = tf.tidy(() => loss(x));
    for (const key of ["y", "gradient"] as const) {
      const error = tf.max(tf.abs(tf.sub(captured[key], eager[key])));
      const largest = tf.max(tf.abs(eager[key]));
      expect(error.dataSync()[0]! / largest.dataSync()[0]!).toBeLessThan(2e-6);
      expect(captured[key].shape).toEqual(eager[key].shape);
    }
  },
);
