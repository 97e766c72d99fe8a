/**
 * The engines on nets with batch normalisation, which make of a rounding error thousands of it within 50 steps. Without
 * oneDNN, TensorFlow's fused operators add up as its single ones do, and the engines stay together.
 */
import { beforeAll, expect, test } from "vitest";

let engines: typeof import("./engines.js");
beforeAll(async () => {
  process.env.TF_ENABLE_ONEDNN_OPTS = "0"; // before TensorFlow is loaded
  engines = await import("./engines.js");
});

test("captured equals eager over 50 steps: conv", async () => {
  const { compareEngines, BATCH_NORMALISED } = engines;
  const { first, all } = await compareEngines({ model: BATCH_NORMALISED }, 50);
  expect(first).toBeLessThan(1e-6);
  expect(all).toBeLessThan(1e-3);
});

test("captured equals eager over 8 steps: residual conv", async () => {
  const { compareEngines, BATCH_NORMALISED } = engines;
  // Smooth: at relu's kink a rounding error decides a gradient, for eager tf.js alone as well.
  const activation = "swish" as const;
  const layers = [{ channels: 3, stride: 2, residualBlocks: 1 }];
  const model = { ...BATCH_NORMALISED, activation, layers };
  const changing = (step: number) => ({ beta: 0.5 + step / 8, capacity: step });
  const { first, all } = await compareEngines({ model }, 8, changing);
  expect(first).toBeLessThan(2e-6);
  expect(all).toBeLessThan(2e-5);
});
