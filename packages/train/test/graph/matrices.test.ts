/** Products of batches of one matrix, which are written in two dimensions: the numbers of eager tf.js. */
import type { Tensor, Tensor3D } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { emit } from "./emitted.js";
import { largestDifference, seeded, tf } from "./support.js";

const x = tf.keep(seeded([5, 7], 1));
const [weight, square, bias] = [seeded([7, 3], 2), seeded([5, 3], 3), seeded([3], 4)].map(tf.keep);
const batch = (value: Tensor, count: number) =>
  tf.tile(tf.expandDims(value, 0), [count, 1, 1]) as Tensor3D;

const IN_TWO: Record<string, (y: Tensor) => Tensor> = {
  "a product": (y) => tf.matMul(y, weight!),
  "of a transpose": (y) => tf.matMul(y, square!, true),
  "by a transpose": (y) => tf.matMul(square!, tf.matMul(y, weight!), false, true),
  "with a bias and an activation": (y) =>
    tf.fused.matMul({ a: y, b: weight!, bias: bias!, activation: "relu" }),
  "that stays a batch": (y) =>
    tf.tanh(tf.matMul(tf.expandDims(y, 0) as Tensor3D, batch(weight!, 1))),
  "with a row of a batch for a bias": (y) =>
    tf.add(tf.matMul(batch(y, 1), batch(weight!, 1)), tf.reshape(bias!, [1, 1, 3])),
};

const LEFT: Record<string, (y: Tensor) => Tensor> = {
  "batches of two": (y) => tf.matMul(batch(y, 2), batch(weight!, 2)),
  "a batch of two by one": (y) => tf.matMul(batch(y, 2), batch(weight!, 1)),
  integers: (y) => {
    const whole = tf.cast(tf.round(y), "int32");
    return tf.add(tf.matMul(whole, tf.cast(weight!, "int32")), tf.sum(y));
  },
};

const cases = (functions: typeof LEFT, inTwo: boolean) =>
  Object.entries(functions).map(([name, f]) => ({ name, f, inTwo }));

test.each([...cases(IN_TWO, true), ...cases(LEFT, false)])(
  "$name: $inTwo",
  ({ name, f, inTwo }) => {
    const operators = [...emit(f, x).nodes.values()].map(({ op }) => op);
    expect(operators.includes("MatMul")).toBe(inTwo);
    expect(operators.includes("BatchMatMulV2")).toBe(!inTwo);
    using program = new Program(tf);
    const differentiate = (y: Tensor) => ({
      y: f(y),
      gradient: tf.grad((z: Tensor) => tf.sum(tf.sin(f(z))))(y),
    });
    const captured = program.capture(name, differentiate, [x])(x);
    const eager = tf.tidy(() => differentiate(x));
    expect(largestDifference(captured.y, eager.y)).toBeLessThan(1e-6);
    expect(largestDifference(captured.gradient, eager.gradient)).toBeLessThan(2e-6);
  },
);

test("a bias and an activation follow the product at once, so that TensorFlow joins the three", () => {
  const { nodes } = emit(IN_TWO["with a bias and an activation"]!, x);
  const relu = [...nodes.values()].find(({ op }) => op === "Relu")!;
  const biased = nodes.get(relu.inputList[0]!)!;
  expect([biased.op, nodes.get(biased.inputList[0]!)!.op]).toEqual(["BiasAdd", "MatMul"]);
});

test("an update waits for every product that takes the variable, through reshapes too", () => {
  const variable = tf.variable(seeded([21], 5));
  const f = (y: Tensor) => tf.matMul(y, tf.reshape(tf.reshape(variable, [3, 7]), [7, 3]));
  const { emitter, nodes } = emit(f, x);
  const awaited = emitter.before(variable.name).map((output) => nodes.get(output)!.op);
  expect(awaited).toContain("MatMul");
  variable.dispose();
});
