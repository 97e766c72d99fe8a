/** What paces a training: the learning rate's schedule, clipping, the weights' average, the early stop. */
import { join } from "node:path";
import {
  buildVae,
  type EpochMetrics,
  InterruptedError,
  loadDataset,
  loadRun,
  type Snapshot,
  type TrainConfig,
  type TrainConfigInput,
  train,
  trainEpochs,
  type Vae,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { bestEpoch, finalMetrics, hasConverged } from "../src/training/early-stop.js";
import { clipByGlobalNorm, globalNorm } from "../src/training/gradients.js";
import { learningRate } from "../src/training/learning-rate.js";
import { smallConfig, temporaryFolder, tf } from "./support.js";

type Training = NonNullable<TrainConfigInput["training"]>;

/** A history with these held-out values. */
const history = (...values: number[]): EpochMetrics[] =>
  values.map((negativeElbo, i) => ({ epoch: i + 1, test: { negativeElbo } }) as EpochMetrics);

const weightsOf = (vae: Vae) =>
  [vae.encoder, vae.decoder].flatMap((network) =>
    network.getWeights().map((weight) => weight.dataSync().slice()),
  );

describe("learningRate", () => {
  const rates = (schedule: Training["learningRateSchedule"], places: [number, number][]) => {
    const { training } = smallConfig({ training: { epochs: 3, learningRateSchedule: schedule } });
    return places.map(([epochs, step]) => {
      const past = history(...Array<number>(epochs).fill(1));
      return learningRate(training, { history: past, step, stepsPerEpoch: 3 }) / 1e-3;
    });
  };
  const close = (actual: number[], expected: number[]) =>
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });

  test("stays, steps down, or follows a cosine from the first step to the last", () => {
    expect(rates({ type: "constant" }, [[2, 1]])).toEqual([1]);
    const step = { type: "step", epochs: 2, factor: 0.5 } as const;
    close(
      rates(step, [
        [0, 2],
        [1, 0],
        [2, 0],
        [3, 9],
        [4, 0],
      ]),
      [1, 1, 0.5, 0.5, 0.25],
    );
    const places: [number, number][] = [
      [0, 0],
      [1, 1],
      [2, 2],
    ];
    close(rates({ type: "cosine" }, places), [1, 0.5, 0]);
    close(rates({ type: "cosine", minimum: 1e-4 }, places), [1, 0.55, 0.1]);
    close(rates({ type: "cosine" }, [[0, 2]]), [(1 + Math.SQRT1_2) / 2]);
  });

  // torch.optim.lr_scheduler.ReduceLROnPlateau(factor=0.1, patience=1, threshold=0, min_lr=5e-6), stepped with each value.
  test("falls on a plateau as PyTorch's does", () => {
    const values = [10, 9, 9, 9, 9, 8, 8.5, 8.5, 8.5, 8.5];
    const expected = [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4, 1e-4, 1e-5, 1e-5, 5e-6];
    const learningRateSchedule = { type: "plateau", patience: 1, minimum: 5e-6 } as const;
    const { training } = smallConfig({ training: { learningRateSchedule } });
    const found = values.map((_, i) => {
      const past = history(...values.slice(0, i + 1));
      return learningRate(training, { history: past, step: 0, stepsPerEpoch: 1 });
    });
    close(
      found.map((rate) => rate * 1e6),
      expected.map((rate) => rate * 1e6),
    );
  });
});

test("gradients are clipped by their global norm, and left alone below the limit", () => {
  const gradients = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0, 4]]) };
  expect(globalNorm(tf, gradients).dataSync()[0]).toBeCloseTo(5, 6);
  const clipped = clipByGlobalNorm(tf, gradients, 1);
  expect([...clipped.a!.dataSync(), ...clipped.b!.dataSync()]).toEqual(
    [0.6, 0, 0, 0.8].map((value) => expect.closeTo(value, 6)),
  );
  expect(clipByGlobalNorm(tf, gradients, 6).a!.dataSync()).toEqual(gradients.a.dataSync());
});

test("the best epoch is the first of the smallest held-out -ELBO by more than the least improvement", () => {
  const past = history(9, 7, 6.9, 8, 6.8);
  expect(bestEpoch([], { minimumImprovement: 0 })).toBe(0);
  expect(bestEpoch(past, { minimumImprovement: 0 })).toBe(5);
  expect(bestEpoch(past, { minimumImprovement: 0.15 })).toBe(5);
  expect(bestEpoch(past, { minimumImprovement: 0.5 })).toBe(2);
  const earlyStop = { patience: 3, minimumImprovement: 0.5 };
  expect(hasConverged(past, earlyStop)).toBe(true);
  expect(hasConverged(past.slice(0, 4), earlyStop)).toBe(false);
  expect(finalMetrics(past, { earlyStop }).epoch).toBe(2);
  expect(finalMetrics(past, { earlyStop: undefined }).epoch).toBe(5);
});

/** Everything at once. */
const PACED = {
  learningRateSchedule: { type: "cosine" },
  gradientClip: 20,
  weightAverage: { decay: 0.9 },
  earlyStop: { patience: 50 },
} as const satisfies Training;

/** Trains a small net; stops where told, and continues from a snapshot. */
async function run(
  config: TrainConfig,
  { stopAt = Infinity, start }: { stopAt?: number; start?: Snapshot | undefined } = {},
) {
  const before = tf.memory().numTensors;
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const average = config.training.weightAverage && buildVae(tf, config, dataset);
  const interrupt = new AbortController();
  const snapshots: Snapshot[] = [];
  const epochs: EpochMetrics[] = [];
  const raw: Float32Array[][] = [];
  const save = async (snapshot: Snapshot) => void snapshots.push(snapshot);
  const options = { tf, vae, average, dataset, config, save, start, signal: interrupt.signal };
  try {
    for await (const event of trainEpochs(options)) {
      if (event.type === "epoch") {
        epochs.push(event.metrics);
        raw.push(weightsOf(vae) as Float32Array[]);
      } else if (event.epoch === 2 && event.items >= stopAt) interrupt.abort();
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
  const result = { epochs, raw, weights: weightsOf(average ?? vae), snapshots };
  for (const each of [vae, average, dataset]) each?.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

const withoutClock = (epochs: readonly EpochMetrics[]) =>
  epochs.map(({ seconds, imagesPerSecond, ...kept }) => kept);

const CONV: TrainConfigInput["model"] = {
  type: "conv",
  layers: [{ channels: 3, stride: 2 }],
  normalisation: "batch",
};

describe.each(["captured", "eager"] as const)("the %s engine", (engine) => {
  test("continues within an epoch with schedule, clipping, average and best weights, to the bit", async () => {
    const config = smallConfig({
      data: { name: "mnist", trainItems: 300, testItems: 50 },
      model: CONV,
      training: { ...PACED, epochs: 3, batchSize: 40, engine },
    });
    const through = await run(config);
    const stopped = await run(config, { stopAt: 1 });
    const last = stopped.snapshots.at(-1)!;
    expect([last.metrics.length, last.step > 0, last.best !== undefined]).toEqual([1, true, true]);
    const resumed = await run(config, { start: last });
    expect(withoutClock(resumed.epochs)).toEqual(withoutClock(through.epochs.slice(1)));
    expect(resumed.weights).toEqual(through.weights);
  });

  test("averages the weights after each step", async () => {
    const training = { epochs: 6, batchSize: 1000, weightAverage: { decay: 0.3 }, engine } as const;
    const config = smallConfig({ training });
    const { raw, weights } = await run(config); // one step an epoch: raw[t - 1] is after step t
    const dataset = await loadDataset(tf, config.data);
    const initial = buildVae(tf, config, dataset);
    const expected = (weightsOf(initial) as Float32Array[]).map((values) =>
      Float64Array.from(values),
    );
    raw.forEach((step, i) => {
      const decay = Math.min(0.3, (2 + i) / (11 + i));
      for (const [w, values] of expected.entries()) {
        values.forEach((value, j) => {
          values[j] = decay * value + (1 - decay) * step[w]![j]!;
        });
      }
    });
    const differences = expected.flatMap((values, w) =>
      Array.from(values, (value, j) => Math.abs(value - weights[w]![j]!)),
    );
    expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-6);
    for (const each of [initial, dataset]) each.dispose();
  });
});

test("both engines pace a training alike", async () => {
  const config = (engine: "captured" | "eager") =>
    smallConfig({ training: { ...PACED, epochs: 2, batchSize: 50, engine } });
  const [captured, eager] = [await run(config("captured")), await run(config("eager"))];
  captured.epochs.forEach(({ train, test, gradientNorm, learningRate }, i) => {
    const other = eager.epochs[i]!;
    expect(Math.abs(train.negativeElbo / other.train.negativeElbo - 1)).toBeLessThan(1e-4);
    expect(Math.abs(test.negativeElbo / other.test.negativeElbo - 1)).toBeLessThan(1e-4);
    expect(Math.abs(gradientNorm / other.gradientNorm - 1)).toBeLessThan(1e-3);
    expect(gradientNorm).toBeGreaterThan(20); // so that clipping was at work
    expect(learningRate).toBe(other.learningRate);
  });
  expect(captured.epochs[1]!.learningRate).toBe(0);
});

test("several steps in a call are paced as single ones, to the bit", async () => {
  const training = (epochs: number) =>
    ({ ...PACED, learningRateSchedule: { type: "constant" }, epochs, batchSize: 20 }) as const;
  const single = await run(smallConfig({ training: training(2) }));
  const long = smallConfig({ training: training(30) }); // long enough for the larger graph
  const several = await run(long, { stopAt: 1 });
  expect(withoutClock(several.epochs)).toEqual(withoutClock(single.epochs.slice(0, 1)));
});

test("an early stop ends with the best epoch's weights, and the run says so", async () => {
  const folder = join(await temporaryFolder(), "run");
  // A learning rate at which the held-out loss soon grows again.
  const config = smallConfig({
    data: { name: "mnist", trainItems: 60, testItems: 200 },
    training: {
      epochs: 300,
      batchSize: 20,
      optimizer: { learningRate: 1e-2 },
      earlyStop: { patience: 4 },
    },
  });
  const { epochs, final } = await train(config, { out: folder });
  const values = epochs.map(({ test }) => test.negativeElbo);
  const best = values.indexOf(Math.min(...values)) + 1;
  expect(epochs).toHaveLength(best + 4);
  expect(final).toBe(epochs[best - 1]);
  const { summary, vae } = await loadRun(tf, folder);
  expect(summary.training.epochs).toBe(best);
  expect(summary.training.metrics.testNegativeElbo).toBe(values[best - 1]);
  const stopped = await run({ ...config, training: { ...config.training, epochs: best } });
  expect(weightsOf(vae)).toEqual(stopped.raw.at(-1));
  vae.dispose();
});
