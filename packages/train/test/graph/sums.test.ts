/** Sums that TensorFlow would join with what is around them: into an AddN of no certain order, or what it cannot run. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { emit } from "./emitted.js";
import { seeded, tf } from "./support.js";

const x = tf.keep(seeded([4, 4], 1));

/** Of many magnitudes, so that another order gives other bits. */
const summands = (y: Tensor) => [1e-4, 1, 30, 7e3].map((scale) => tf.sin(tf.mul(y, scale)));

const FUNCTIONS: Record<string, (y: Tensor) => Tensor> = {
  "a chain": (y) => summands(y).reduce((a, b) => tf.add(a, b)),
  "a tree": (y) => {
    const [a, b, c, d] = summands(y) as [Tensor, Tensor, Tensor, Tensor];
    return tf.add(tf.add(a, b), tf.add(c, d));
  },
  addN: (y) => tf.addN(summands(y)),
  gradients: (y) => tf.grad((z: Tensor) => tf.sum(tf.mul(tf.exp(z), tf.mul(z, z))))(y),
};

test.each(Object.entries(FUNCTIONS))("%s", (_, f) => {
  const { nodes } = emit(f, x);
  const isSum = (node: string) => /^Add(V2|N)?$/.test(nodes.get(node)?.op ?? "");
  const sums = [...nodes.values()].filter(({ name }) => isSum(name));
  expect(sums.length).toBeGreaterThan(1);
  expect(sums.filter(({ op }) => op === "AddN")).toEqual([]);
  expect(sums.filter(({ inputList }) => inputList.some(isSum))).toEqual([]);
});

test.each(Object.entries(FUNCTIONS))("%s: the bits of eager", (name, f) => {
  using program = new Program(tf);
  const captured = program.capture(name, (y: Tensor) => f(y), [x]);
  expect(captured.values(x)).toEqual(tf.tidy(() => f(x).dataSync()));
});

test("the activation of a sum of matrices does not read it directly, that of a convolution's does", () => {
  const block = (y: Tensor) => {
    const branch = tf.fused.matMul({ a: y, b: x, bias: tf.slice(tf.reshape(x, [16]), 0, 4) });
    return tf.relu(tf.add(y, branch));
  };
  const reads = (f: (y: Tensor) => Tensor) => {
    const { nodes } = emit(f, x);
    const relu = [...nodes.values()].find(({ op }) => op === "Relu")!;
    return nodes.get(relu.inputList[0]!)!.op;
  };
  expect(reads(block)).toBe("EnsureShape");
  const image = (y: Tensor) => tf.reshape(y, [1, 4, 4, 1]);
  expect(reads((y) => tf.relu(tf.add(image(y), tf.exp(image(y)))))).toMatch(/^Add/);
});
