/** Batch normalisation in training, on TensorFlow's fused operators where they fit: the numbers of eager tf.js. */
import type { Tensor, Variable } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { afterEach, describe, expect, test } from "vitest";
import { capture } from "../../src/graph/recording/capture.js";
import { largestDifference, seeded, tf } from "./support.js";

afterEach(() => tf.disposeVariables());

type Options = NonNullable<Parameters<typeof tf.layers.batchNormalization>[0]>;

/** A layer with a scale and an offset of its own in each channel, and its gradients on x of `shape`. */
function prepare(shape: number[], options: Options = {}) {
  const x = seeded(shape, 1);
  const layer = tf.layers.batchNormalization({
    gammaInitializer: tf.initializers.randomUniform({ minval: 0.5, maxval: 2, seed: 2 }),
    betaInitializer: tf.initializers.randomUniform({ minval: -1, maxval: 1, seed: 3 }),
    ...options,
  });
  layer.build(shape);
  const [scale, offset, ...averages] = layer.weights.map((weight) => weight.read() as Variable);
  const train = (y: Tensor) => layer.apply(y, { training: true }) as Tensor;
  const step = (y: Tensor) => {
    const loss = () => tf.sum(tf.sin(train(tf.mul(y, weight)))).asScalar();
    const weight = tf.scalar(1.5);
    const { value, grads } = tf.variableGrads(loss, [scale!, offset!]);
    const dx = tf.grad((z) => tf.sum(tf.sin(train(z))))(y);
    return { value: value as Tensor, dx, ...grads };
  };
  return { x, step, train, averages };
}

function operatorsOf(f: (x: Tensor) => Record<string, Tensor>, x: Tensor, nativeGradients = true) {
  const recording = capture(tf, ([y]) => Object.values(f(y!)), [x], {
    name: "step",
    nativeGradients,
  });
  return recording.operations.map(({ name }) => name);
}

describe.each<[string, number[], Options?]>([
  ["images", [4, 6, 5, 3]],
  ["images, the last axis by its number", [4, 6, 5, 3], { axis: 3, epsilon: 0.1 }],
  ["one value in each channel", [1, 1, 1, 3], { momentum: 0.5 }],
])("%s", (_, shape, options) => {
  test("on the fused operators, unless tf.js' own gradients are asked for", () => {
    const { x, step } = prepare(shape, options);
    const operators = operatorsOf(step, x);
    expect(operators).toContain("FusedBatchNormV3");
    expect(operators).toContain("FusedBatchNormGradV3");
    expect(operatorsOf(step, x, false)).not.toContain("FusedBatchNormV3");
  });

  test("values, gradients and moving averages", () => {
    const { x, step, averages } = prepare(shape, options);
    using program = new Program(tf);
    const captured = program.capture("step", step, [x]);
    const actual = captured(x) as Record<string, Tensor>;
    const expected: Record<string, Tensor> = tf.tidy(() => step(x));
    const scale = Math.max(...Object.values(expected).map((t) => tf.max(tf.abs(t)).dataSync()[0]!));
    for (const [name, tensor] of Object.entries(expected)) {
      const error = tf.max(tf.abs(tf.sub(actual[name]!, tensor))).dataSync()[0]!;
      expect(error / scale, name).toBeLessThan(1e-5);
    }
    const eager = averages.map((average) => tf.clone(average));
    program.toVariables();
    for (const [index, average] of averages.entries()) {
      expect(largestDifference(average, eager[index]!), average.name).toBeLessThan(1e-5);
    }
  });
});

test.each([0, 10])("moments of values around %d as exact as float64's allow", (centre) => {
  const shape = [32, 14, 14, 16];
  const x = tf.add(seeded(shape, 1), centre);
  const layer = tf.layers.batchNormalization({ momentum: 0 });
  layer.build(shape);
  using program = new Program(tf);
  const train = (y: Tensor) => layer.apply(y, { training: true }) as Tensor;
  const y = program.capture("train", train, [x])(x).dataSync<"float32">();
  program.toVariables();
  const [mean, variance] = layer.weights
    .slice(2)
    .map((weight) => weight.read().dataSync<"float32">());

  const values = x.dataSync<"float32">();
  const count = values.length / 16;
  for (let channel = 0; channel < 16; channel++) {
    const own = values.filter((_, index) => index % 16 === channel);
    const exactMean = own.reduce((sum, value) => sum + value, 0) / count;
    const exactVariance = own.reduce((sum, value) => sum + (value - exactMean) ** 2, 0) / count;
    // float32 holds values around the centre to 6e-8 of it; some thousand of them are added up.
    const rounding = 1e-5 + 1e-5 * centre;
    expect(Math.abs(mean![channel]! - exactMean)).toBeLessThan(rounding);
    expect(Math.abs(variance![channel]! - exactVariance)).toBeLessThan(rounding);
    const deviation = Math.sqrt(exactVariance + 1e-3);
    for (const [item, value] of own.entries()) {
      const exact = (value - exactMean) / deviation;
      const error = Math.abs(y[item * 16 + channel]! - exact);
      if (error > rounding) expect(error, `item ${item}`).toBeLessThan(rounding);
    }
  }
});

test.each<[string, number[], Options?]>([
  ["channels first", [4, 3, 6, 5], { axis: 1 }],
  ["sequences", [4, 6, 3]],
  ["features", [8, 3]],
])("%s as tf.js spells it out", (_, shape, options) => {
  const { x, train } = prepare(shape, options);
  expect(operatorsOf((y) => ({ y: train(y) }), x)).not.toContain("FusedBatchNormV3");
  using program = new Program(tf);
  const captured = program.capture("train", train, [x])(x);
  expect(largestDifference(captured, train(x))).toBeLessThan(1e-5);
});

test("a second derivative is refused", () => {
  const { x, train } = prepare([8, 2, 2, 3]);
  const slope = (y: Tensor) => tf.grad(train)(y, seeded([8, 2, 2, 3], 4));
  const curvature = (y: Tensor) => tf.grad((z) => tf.square(slope(z)))(y);
  const { call } = Object.getPrototypeOf(tf.layers.batchNormalization());
  expect(() => operatorsOf((y) => ({ curvature: curvature(y) }), x)).toThrow(
    /FusedBatchNormGradV3.*nativeGradients: false/,
  );
  // The layer is tf.js' own again.
  expect(Object.getPrototypeOf(tf.layers.batchNormalization()).call).toBe(call);
});
