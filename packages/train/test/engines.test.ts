/** The two engines that compute training steps give the same losses. */
import type { TrainConfigInput } from "@vaeport/train";
import { expect, test } from "vitest";
import { BATCH_NORMALISED, compareEngines, run } from "./engines.js";
import { smallConfig } from "./support.js";

// The same operators in another order of summation: one step differs by float32's rounding, which
// the next ones amplify. Nets with batch normalisation, which amplify most, are followed in
// engines-exactly.test.ts.
test.each<[string, Partial<TrainConfigInput>]>([
  ["dense", {}],
  ["dense, binarised", { data: { ...smallConfig().data, binarisation: "dynamic" } }],
])("captured equals eager over 50 steps: %s", async (_, changes) => {
  const { first, all, distortion, rate } = await compareEngines(changes, 50);
  expect(first).toBeLessThan(1e-6);
  expect(all).toBeLessThan(1e-4);
  expect(distortion).toBeCloseTo(1, 5);
  expect(rate).toBeCloseTo(1, 5);
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
};

test.each(Object.entries(kinds))("captured equals eager over 8 steps: %s", async (_, changes) => {
  const changing = (step: number) => ({ beta: 0.5 + step / 8, capacity: step }); // without another capture
  const { first, all, distortion, rate } = await compareEngines(changes, 8, changing);
  expect(first).toBeLessThan(2e-6);
  expect(all).toBeLessThan(2e-4);
  expect(distortion).toBeCloseTo(1, 5);
  expect(rate).toBeCloseTo(1, 5);
});

// Both add up thousands of float32 values, each in its order: the rate of these nets is up to 3e-5 off float64's by
// either engine, as it is by PyTorch.
test.each([0, 1])(
  "captured equals eager in a step with batch normalisation, residual blocks: %d",
  async (residualBlocks) => {
    const layers = BATCH_NORMALISED.layers.map((layer) => ({ ...layer, residualBlocks }));
    const { first, distortion, rate } = await compareEngines(
      { model: { ...BATCH_NORMALISED, layers } },
      1,
    );
    expect(first).toBeLessThan(2e-5);
    expect(distortion).toBeCloseTo(1, 5);
    expect(rate).toBeCloseTo(1, 5);
  },
);

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
