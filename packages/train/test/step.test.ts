/** A training step and its parts: gathering, noise, shuffles, Adam. */
import type { Tensor1D, Variable } from "@tensorflow/tfjs-node";
import { buildVae, loadDataset } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { batches, shuffledOrder } from "../src/data/shuffle.js";
import { createAdam } from "../src/training/adam.js";
import { gatherRows, standardNormal, standardUniform } from "../src/training/native.js";
import { drawPixels, gradientStep } from "../src/training/step.js";
import { numbers, smallConfig, tf } from "./support.js";

const state = (seed: number, counter: number): Tensor1D => tf.tensor1d([seed, counter], "int32");

describe("shuffledOrder", () => {
  test.each([1, 2, 10, 1001])("of %d items is a permutation", (count) => {
    const sorted = shuffledOrder(count, 3, 1).sort();
    expect(sorted).toEqual(Int32Array.from({ length: count }, (_, i) => i));
  });

  test("depends on seed and epoch alone", () => {
    const order = shuffledOrder(100, 1, 1);
    expect(shuffledOrder(100, 1, 1)).toEqual(order);
    expect(shuffledOrder(100, 1, 2)).not.toEqual(order);
    expect(shuffledOrder(100, 2, 1)).not.toEqual(order);
  });

  test("every order of three items is equally likely", () => {
    const counts = new Map<string, number>();
    const trials = 6000;
    for (let epoch = 0; epoch < trials; epoch++) {
      const order = String(shuffledOrder(3, 5, epoch));
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const expected = trials / 6;
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2, 0);
    expect(counts.size).toBe(6);
    expect(chiSquare / expected).toBeLessThan(20.5); // 5 degrees of freedom, p = 0.001
  });

  test("batches cover the order, the smaller last one included", () => {
    const order = shuffledOrder(10, 1, 1);
    const parts = batches(order, 4);
    expect(parts.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(parts.flatMap((part) => [...part])).toEqual([...order]);
    expect(batches(order, 5)).toHaveLength(2);
  });
});

describe("native operators", () => {
  test("gatherRows picks rows in the order asked for", () => {
    const table = tf.tensor3d(numbers(24, 0, 1), [4, 3, 2]);
    const rows = gatherRows(tf, table, tf.tensor1d([3, 0, 3], "int32"));
    expect(rows.shape).toEqual([3, 3, 2]);
    expect(rows.arraySync()).toEqual([3, 0, 3].map((row) => table.arraySync()[row]));
  });

  test("noise is a pure function of its state", () => {
    const draw = (seed: number, counter: number) =>
      standardNormal(tf, [4, 5], state(seed, counter)).dataSync();
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 3)).not.toEqual(draw(1, 2));
    expect(draw(2, 2)).not.toEqual(draw(1, 2));
  });

  test("noise has the moments of its distribution, within 5 standard errors", () => {
    const n = 100_000;
    const moments = (values: ArrayLike<number>) => {
      const mean = Array.from(values).reduce((sum, v) => sum + v, 0) / n;
      return [mean, Array.from(values).reduce((sum, v) => sum + (v - mean) ** 2, 0) / n];
    };
    const [mean, variance] = moments(standardNormal(tf, [n], state(1, 1)).dataSync());
    expect(Math.abs(mean!)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance! - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    const [middle, spread] = moments(standardUniform(tf, [n], state(1, 1)).dataSync());
    expect(Math.abs(middle! - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(spread! - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
  });

  test("dynamic binarisation draws ones with the grey values' probabilities", () => {
    const n = 50_000;
    for (const grey of [0, 0.25, 0.9, 1]) {
      const drawn = drawPixels(tf, "dynamic", tf.fill([n, 1, 1, 1], grey), state(7, 0)).dataSync();
      const ones = drawn.filter((value) => value === 1).length;
      expect(drawn.filter((value) => value === 0)).toHaveLength(n - ones);
      const deviation = Math.sqrt(grey * (1 - grey) * n);
      expect(Math.abs(ones - grey * n)).toBeLessThanOrEqual(5 * deviation);
    }
  });
});

describe("gradientStep", () => {
  test.each(["none", "dynamic"] as const)("is pure, with binarisation %s", async (binarisation) => {
    const data = { name: "mnist", trainItems: 100, testItems: 10, binarisation } as const;
    const config = smallConfig({ data });
    const dataset = await loadDataset(tf, config.data);
    const vae = buildVae(tf, config, dataset.itemShape);
    const source = { tf, vae, images: dataset.train, config };
    const rows = tf.tensor1d([5, 1, 99], "int32");
    const run = (counter: number) => {
      const { losses, gradients } = gradientStep(source, 1, rows, state(1, counter));
      const values = vae.variables.flatMap(({ name }) => [...gradients[name]!.dataSync()]);
      return { losses: [...losses.dataSync()], values };
    };
    const first = run(4);
    expect(run(4)).toEqual(first);
    expect(run(6).losses[0]).not.toBe(first.losses[0]);
    // Only the pixels' draw can change the rate, which does not depend on the latent noise.
    expect(run(6).losses[1] === first.losses[1]).toBe(binarisation === "none");
    vae.dispose();
    dataset.dispose();
  });

  test("leaves nothing behind but its results", async () => {
    const config = smallConfig();
    const dataset = await loadDataset(tf, config.data);
    const vae = buildVae(tf, config, dataset.itemShape);
    const source = { tf, vae, images: dataset.train, config };
    const rows = tf.tensor1d([5, 1, 99], "int32");
    const noise = state(1, 0);
    const step = () => tf.dispose({ ...gradientStep(source, 1, rows, noise) });
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    vae.dispose();
    dataset.dispose();
  });
});

describe("Adam", () => {
  const settings = {
    name: "adam",
    learningRate: 0.1,
    beta1: 0.8,
    beta2: 0.9,
    epsilon: 0.05,
  } as const;
  const start = numbers(6, -1, 1, 1);
  const gradientAt = (step: number) => numbers(6, -1, 1, 100 + step);

  /** Algorithm 1 of the paper in float64. */
  function inFloat64(steps: number): number[] {
    const { learningRate, beta1, beta2, epsilon } = settings;
    const weights = [...start];
    const m = weights.map(() => 0);
    const v = weights.map(() => 0);
    for (let t = 1; t <= steps; t++) {
      gradientAt(t).forEach((g, i) => {
        m[i] = beta1 * m[i]! + (1 - beta1) * g;
        v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
        const corrected = Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon;
        weights[i]! -= (learningRate * (m[i]! / (1 - beta1 ** t))) / corrected;
      });
    }
    return weights;
  }

  function run(variable: Variable, steps: number, apply: (gradients: object) => void): number[] {
    for (let t = 1; t <= steps; t++) {
      const gradient = tf.tensor2d(gradientAt(t), [2, 3]);
      apply({ [variable.name]: gradient });
      gradient.dispose();
    }
    return [...variable.dataSync()];
  }

  function createVariable(): Variable {
    return tf.tidy(() => tf.variable(tf.tensor2d(start, [2, 3])));
  }

  test("equals the paper in float64, and tf.train.adam, over 30 steps", () => {
    const [own, reference] = [createVariable(), createVariable()];
    const adam = createAdam(tf, [own], settings);
    const found = run(own, 30, (gradients) => adam.apply(gradients as never));
    const { learningRate, beta1, beta2, epsilon } = settings;
    const plain = tf.train.adam(learningRate, beta1, beta2, epsilon);
    const same = run(reference, 30, (gradients) => plain.applyGradients(gradients as never));
    inFloat64(30).forEach((exact, i) => {
      expect(Math.abs(found[i]! - exact)).toBeLessThan(2e-6);
      expect(Math.abs(found[i]! - same[i]!)).toBeLessThan(2e-6);
    });
    adam.dispose();
  });

  test("optimizers keep moments of their own, take weights as they find them, and free all", () => {
    const before = tf.memory().numTensors;
    const variables = [createVariable(), createVariable()];
    const optimizers = variables.map((variable) => createAdam(tf, [variable], settings));
    variables.forEach((variable, i) => {
      run(variable, 2 + i, (gradients) => optimizers[i]!.apply(gradients as never));
      tf.tidy(() => variable.assign(tf.tensor2d(start, [2, 3])));
    });
    const fresh = createAdam(tf, variables.slice(0, 1), settings);
    const found = run(variables[0]!, 3, (gradients) => fresh.apply(gradients as never));
    inFloat64(3).forEach((exact, i) => {
      expect(Math.abs(found[i]! - exact)).toBeLessThan(1e-6);
    });
    for (const each of [...optimizers, fresh, ...variables]) each.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
