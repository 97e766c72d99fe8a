/** A training step and its parts, and the two engines that compute it. */
import type { Tensor1D } from "@tensorflow/tfjs-node";
import { buildVae, loadDataset } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { batches, shuffledOrder } from "../src/data/shuffle.js";
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
