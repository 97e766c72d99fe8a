/** A training step and its parts, and the two engines that compute it. */
import type { Tensor1D } from "@tensorflow/tfjs-node";
import { buildVae, evaluate, loadDataset, type TrainConfigInput } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { batches, shuffledOrder } from "../src/data/shuffle.js";
import { evaluateAll } from "../src/evaluation/evaluate.js";
import { createEngine } from "../src/training/engine.js";
import { itemsOf } from "../src/training/item-source.js";
import { drawPixels, stepLosses } from "../src/training/step.js";
import { smallConfig, tf } from "./support.js";

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

describe("drawPixels", () => {
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

describe("stepLosses", () => {
  test.each(["none", "dynamic"] as const)("is pure, with binarisation %s", async (binarisation) => {
    const data = { name: "mnist", trainItems: 3, testItems: 1, binarisation } as const;
    const config = smallConfig({ data });
    const dataset = await loadDataset(tf, config.data);
    const vae = buildVae(tf, config, dataset);
    const run = (counter: number) =>
      tf.tidy(() => {
        const { loss, terms } = stepLosses(
          { tf, vae, config },
          { images: dataset.train },
          state(1, counter),
          { beta: tf.scalar(2), capacity: tf.scalar(0) },
        );
        return [...loss.dataSync(), ...terms.dataSync()];
      });
    const first = run(4);
    expect(run(4)).toEqual(first);
    const [loss, distortion, rate] = first as [number, number, number];
    expect(Math.abs(loss / (distortion + 2 * rate) - 1)).toBeLessThan(1e-6);
    const [, otherDistortion, otherRate] = run(6);
    expect(otherDistortion).not.toBe(distortion);
    // Only the pixels' draw can change the rate, which does not depend on the latent noise.
    expect(otherRate === rate).toBe(binarisation === "none");
    vae.dispose();
    dataset.dispose();
  });
});

describe("engines", () => {
  const CONV = {
    type: "conv",
    layers: [
      { channels: 3, stride: 2 },
      { channels: 5, stride: 2 },
    ],
    normalisation: "batch",
  } as const;

  /** The terms of `steps` steps of 20 images, distortion and rate first, and the evaluation after them. */
  async function run(
    changes: object,
    training: object,
    steps: number,
    weightsAt = (_step: number) => ({ beta: 1, capacity: 0 }),
  ) {
    const config = smallConfig({ ...changes, training: { batchSize: 20, ...training } });
    const dataset = await loadDataset(tf, config.data);
    const vae = buildVae(tf, config, dataset);
    const engine = createEngine({ tf, vae, dataset, config });
    const batches = Array.from({ length: steps }, (_, step) => ({
      rows: Int32Array.from({ length: 20 }, (_, i) => (20 * step + i) % 1000),
      noise: Int32Array.of(1, 2 * step),
      weights: weightsAt(step),
      learningRate: config.training.optimizer.learningRate,
      averageDecay: 1,
    }));
    const { stepsPerCall } = engine;
    const losses = batches.flatMap((_, i) =>
      i % stepsPerCall === 0 ? engine.train(batches.slice(i, i + stepsPerCall)) : [],
    );
    const held = evaluateAll(engine.evaluator, config.latent.size);
    engine.synchronise();
    const { test: items } = itemsOf(tf, vae, dataset);
    const eager = evaluate({ tf, vae, config, ...items });
    items.label?.dispose();
    engine.dispose();
    vae.dispose();
    dataset.dispose();
    const terms = losses.map((report) => Array.from(report.terms));
    return { terms, held, eager, stepsPerCall };
  }

  /** Of distortion and rate, relative to each; of the terms by dimension, some near 0, to the step's largest. */
  function largestDifference(a: number[][], b: number[][]): number {
    const differences = a.flatMap((terms, step) => {
      const largest = Math.max(...b[step]!.slice(2).map(Math.abs));
      return terms.map((term, i) => {
        const other = b[step]![i]!;
        return Math.abs(term - other) / (i < 2 ? Math.abs(other) : largest);
      });
    });
    return Math.max(...differences);
  }

  // The same operators in another order of summation: one step differs by float32's rounding, which
  // the next ones amplify. Batch normalisation divides by small batch deviations and amplifies most.
  test.each([
    ["dense", {}, 1e-4],
    ["dense, binarised", { data: { ...smallConfig().data, binarisation: "dynamic" } }, 1e-4],
    ["conv with batch normalisation", { model: CONV }, 1e-3],
  ])("captured equals eager over 50 steps: %s", async (_, changes, tolerance) => {
    const captured = await run(changes, { engine: "captured" }, 50);
    const eager = await run(changes, { engine: "eager" }, 50);
    expect(largestDifference(captured.terms.slice(0, 1), eager.terms.slice(0, 1))).toBeLessThan(
      1e-6,
    );
    expect(largestDifference(captured.terms, eager.terms)).toBeLessThan(tolerance);
    // The weights that leave the graph are those that it measured with.
    expect(captured.held.distortion / captured.eager.distortion).toBeCloseTo(1, 5);
    expect(captured.held.rate / captured.eager.rate).toBeCloseTo(1, 5);
  });

  const kinds: Record<string, Partial<TrainConfigInput>> = {
    conditional: { condition: "label" },
    "conditional, lent": { condition: "label", training: { residentMegabytes: 0 } },
    "full covariance": { latent: { size: 9, posterior: "full" } },
    "continuous Bernoulli": { likelihood: { name: "continuous-bernoulli" } },
    "Gaussian, learned variance": { likelihood: { name: "gaussian", variance: "learned" } },
    "Gaussian, optimal variance": { likelihood: { name: "gaussian", variance: "optimal" } },
    "discretised logistic": { likelihood: { name: "discretised-logistic" } },
    "importance-weighted": { objective: { samples: 5 } },
    "free bits": { objective: { freeBits: 0.5 } },
    capacity: { objective: { capacity: { to: 10, epochs: 1 } } },
    "residual blocks, layer normalisation": {
      model: { type: "dense", hidden: [12], residualBlocks: 1, normalisation: "layer" },
    },
    "residual conv": {
      model: { ...CONV, layers: [{ channels: 3, stride: 2, residualBlocks: 1 }] },
    },
  };

  test.each(Object.entries(kinds))("captured equals eager over 8 steps: %s", async (_, changes) => {
    const { training, ...kind } = changes;
    const changing = (step: number) => ({ beta: 0.5 + step / 8, capacity: step }); // without another capture
    const captured = await run(kind, { ...training, engine: "captured" }, 8, changing);
    const eager = await run(kind, { ...training, engine: "eager" }, 8, changing);
    expect(largestDifference(captured.terms.slice(0, 1), eager.terms.slice(0, 1))).toBeLessThan(
      2e-6,
    );
    expect(largestDifference(captured.terms, eager.terms)).toBeLessThan(2e-4);
    expect(captured.held.distortion / captured.eager.distortion).toBeCloseTo(1, 5);
    expect(captured.held.rate / captured.eager.rate).toBeCloseTo(1, 5);
  });

  test("several steps in a call give what single ones give, to the bit", async () => {
    const single = await run({}, { epochs: 1 }, 50);
    const several = await run({}, { epochs: 100 }, 50); // long enough for the larger graph
    expect(single.stepsPerCall).toBe(1);
    expect(several).toEqual({ ...single, stepsPerCall: 12 });
  });

  test.each([
    ["one step", 1],
    ["several steps", 100],
  ])("images that are lent give what resident ones give, %s a call", async (_, epochs) => {
    const conditional = { condition: "label" };
    const resident = await run(conditional, { epochs, residentMegabytes: 1000 }, 25);
    const lent = await run(conditional, { epochs, residentMegabytes: 0 }, 25);
    expect(lent).toEqual(resident);
  });
});
