/** log p(x) by importance sampling, against the bound, quadrature and exact float64 models. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-node";
import { seededNormal } from "@vaeport/infer/random";
import {
  buildVae,
  type Dataset,
  evaluateRun,
  loadDataset,
  OptionError,
  RunFolderError,
  train,
  trainEpochs,
  type Vae,
} from "@vaeport/train";
import {
  type FullGaussian,
  gaussianFromCovariance,
  klDivergence,
  logDensity,
  precisionMatrix,
  sample,
} from "@vaeport/train/gaussian";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ItemEvidence, measureEvidence } from "../src/evaluation/importance.js";
import { LogMeanExp } from "../src/evaluation/log-mean-exp.js";
import { drawPixels } from "../src/training/step.js";
import { numbers, smallConfig, temporaryFolder, tf } from "./support.js";

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

function logMeanExp(values: readonly number[]): number {
  const sum = new LogMeanExp();
  for (const value of values) sum.add(value);
  return sum.value();
}

describe("LogMeanExp", () => {
  test("equals the direct sum, in any order and far outside the range of exp", () => {
    const values = numbers(100, -3, 3);
    const direct = Math.log(mean(values.map(Math.exp)));
    expect(logMeanExp(values)).toBeCloseTo(direct, 13);
    expect(logMeanExp(values.toReversed())).toBeCloseTo(direct, 13);
    expect(logMeanExp(values.map((x) => x - 5000)) + 5000).toBeCloseTo(direct, 11);
    expect(logMeanExp(values.map((x) => x + 5000)) - 5000).toBeCloseTo(direct, 11);
  });

  test("counts weights of zero", () => {
    expect(logMeanExp([-Infinity, 0, -Infinity, 0])).toBeCloseTo(Math.log(0.5), 14);
    expect(logMeanExp([-Infinity])).toBe(-Infinity);
    expect(logMeanExp([0, Number.NaN, 1])).toBeNaN();
  });
});

describe("a linear Gaussian model in float64", () => {
  // x = W z + noise of variance 0.3 over 4 dimensions, z ~ N(0, I) over 2: everything is known in closed form.
  const weights = numbers(8, -1, 1);
  const at = (i: number, j: number) => weights[2 * i + j]!;
  const noise = 0.3;
  const x = [0.7, -1.2, 0.4, 0.1];
  const square = (size: number, value: (i: number, j: number) => number) => ({
    size,
    data: Float64Array.from({ length: size * size }, (_, n) =>
      value(Math.floor(n / size), n % size),
    ),
  });
  const evidence = gaussianFromCovariance(
    [0, 0, 0, 0],
    square(4, (i, j) => at(i, 0) * at(j, 0) + at(i, 1) * at(j, 1) + (i === j ? noise : 0)),
  );
  const exact = logDensity(evidence, x);
  const gram = (i: number, j: number) => mean([0, 1, 2, 3].map((n) => 4 * at(n, i) * at(n, j)));
  const precision = square(2, (i, j) => gram(i, j) / noise + (i === j ? 1 : 0));
  const covariance = precisionMatrix(gaussianFromCovariance([0, 0], precision));
  const projected = [0, 1].map((j) => mean(x.map((value, i) => 4 * at(i, j) * value)) / noise);
  const centre = [0, 1].map((i) => {
    return covariance.data[2 * i]! * projected[0]! + covariance.data[2 * i + 1]! * projected[1]!;
  });
  const posterior = gaussianFromCovariance(centre, covariance);
  const prior = gaussianFromCovariance(
    [0, 0],
    square(2, (i, j) => +(i === j)),
  );

  function logWeights(q: FullGaussian, count: number): number[] {
    const draws = seededNormal(3, 2 * count);
    return Array.from({ length: count }, (_, n) => {
      const z = sample(q, Float64Array.from(draws.subarray(2 * n, 2 * n + 2)));
      const decoded = x.map((_, i) => at(i, 0) * z[0]! + at(i, 1) * z[1]!);
      const likelihood = gaussianFromCovariance(
        decoded,
        square(4, (i, j) => (i === j ? noise : 0)),
      );
      return logDensity(likelihood, x) + logDensity(prior, z) - logDensity(q, z);
    });
  }

  test("under the exact posterior every weight is p(x), so that ELBO = L_K = log p(x)", () => {
    const weights = logWeights(posterior, 20);
    for (const weight of weights) expect(weight).toBeCloseTo(exact, 12);
    expect(logMeanExp(weights)).toBeCloseTo(exact, 12);
    expect(mean(weights)).toBeCloseTo(exact, 12);
  });

  test("under another q, ELBO = log p(x) - KL(q || p(z | x)), and L_K makes up for it", () => {
    const q = gaussianFromCovariance([centre[0]! + 0.2, centre[1]! - 0.1], {
      size: 2,
      data: covariance.data.map((value, n) => (n === 1 || n === 2 ? 0.5 : 1.8) * value),
    });
    const count = 5000;
    const drawn = logWeights(q, count);
    const bound = exact - klDivergence(q, posterior);
    const deviation = Math.sqrt(mean(drawn.map((w) => (w - mean(drawn)) ** 2)) / count);
    expect(Math.abs(mean(drawn) - bound)).toBeLessThan(4 * deviation);
    const ratios = drawn.map((w) => Math.exp(w - exact));
    const spread = Math.sqrt(mean(ratios.map((ratio) => (ratio - 1) ** 2)) / count);
    expect(Math.abs(logMeanExp(drawn) - exact)).toBeLessThan(4 * spread);
    expect(exact - bound).toBeGreaterThan(10 * deviation); // the two could not be mistaken for each other
  });
});

describe("a trained VAE", () => {
  const config = smallConfig({
    data: { name: "mnist", trainItems: 1000, testItems: 4, binarisation: "dynamic" },
    latent: { size: 2 },
    training: { epochs: 6, batchSize: 32, optimizer: { learningRate: 5e-3 } },
  });
  let dataset: Dataset;
  let vae: Vae;
  /** Binary, so that nothing but z is drawn. */
  let images: Tensor;

  beforeAll(async () => {
    dataset = await loadDataset(tf, config.data);
    vae = buildVae(tf, config, dataset);
    for await (const _ of trainEpochs({ tf, vae, dataset, config }));
    images = drawPixels(tf, "dynamic", dataset.test, tf.tensor1d([1, 1], "int32"));
  });
  afterAll(() => {
    images.dispose();
    vae.dispose();
    dataset.dispose();
  });

  function measure(samples: number, repeats = 1, seed = 0, of = vae): ItemEvidence[] {
    const tiled = tf.tile(images, [repeats, 1, 1, 1]);
    const source = { tf, binarisation: "none", latentSize: 2 } as const;
    const measured = [...measureEvidence({ ...source, vae: of, images: tiled }, { samples, seed })];
    tiled.dispose();
    return measured;
  }

  const bounds = (items: readonly ItemEvidence[]) => items.map(({ logEvidence }) => logEvidence);

  test("L_1 averages to the ELBO", () => {
    const singles = measure(1, 400);
    const many = measure(4000);
    many.forEach(({ distortion, rate }, i) => {
      const draws = bounds(singles.filter((_, n) => n % many.length === i));
      const average = mean(draws);
      const error = Math.sqrt(mean(draws.map((x) => (x - average) ** 2)) * (1 / 400 + 1 / 4000));
      expect(Math.abs(average + distortion + rate)).toBeLessThan(4.5 * error);
    });
  });

  test("L_K grows with K", () => {
    const averages = [1, 5, 25, 125].map((samples) => mean(bounds(measure(samples, 60))));
    for (let i = 1; i < averages.length; i++)
      expect(averages[i]!).toBeGreaterThan(averages[i - 1]!);
  });

  test("L_5000 is log p(x) by quadrature over the latent plane, to its own standard error", () => {
    // The encoder's means under a wider variance, so that the weights have a small variance themselves.
    const wide: Vae = {
      ...vae,
      encode(x) {
        const { mean } = vae.encode(x);
        return { mean, logVariance: tf.fill(mean.shape, WIDE) as Tensor2D };
      },
    };
    const samples = 5000;
    const estimates = measure(samples, 1, 2, wide);
    quadrature(estimates).forEach(({ exact, variance }, i) => {
      const error = Math.sqrt(variance / samples);
      expect(error).toBeLessThan(0.15);
      expect(Math.abs(Math.expm1(estimates[i]!.logEvidence - exact))).toBeLessThan(4 * error);
    });
  });

  const WIDE = Math.log(0.5);

  /**
   * By the trapezoid rule over [-6, 6]^2, for each image: log p(x), the log of the integral of p(x, z); and the relative
   * variance of a weight, the integral of p(x, z)^2 / q(z) over p(x)^2, less 1.
   */
  function quadrature(items: readonly ItemEvidence[]): { exact: number; variance: number }[] {
    const step = 0.08;
    const line = Array.from({ length: 151 }, (_, i) => step * (i - 75));
    const area = Math.log((line.length * step) ** 2);
    const sums = items.map(() => ({ first: new LogMeanExp(), second: new LogMeanExp() }));
    for (const a of line) {
      const points = line.map((b) => [a, b]);
      const distortions = tf.tidy(() => {
        const parameters = vae.decode(tf.tensor2d(points) as Tensor2D);
        return items.map((_, i) => {
          const x = tf.tile(tf.slice(images, i, 1), [line.length, 1, 1, 1]);
          return vae.likelihood.distortion(x, parameters).dataSync();
        });
      });
      for (const [n, b] of line.entries()) {
        for (const [i, { mean }] of items.entries()) {
          const joint = -(a ** 2 + b ** 2) / 2 - Math.log(2 * Math.PI) - distortions[i]![n]!;
          const distance = ((a - mean[0]!) ** 2 + (b - mean[1]!) ** 2) / Math.exp(WIDE);
          const logQ = -distance / 2 - Math.log(2 * Math.PI) - WIDE;
          sums[i]!.first.add(joint);
          sums[i]!.second.add(2 * joint - logQ);
        }
      }
    }
    return sums.map(({ first, second }) => {
      const exact = first.value() + area;
      return { exact, variance: Math.expm1(second.value() + area - 2 * exact) };
    });
  }

  test("the seed decides, and runs and batches of any size leave no tensor behind", () => {
    const before = tf.memory().numTensors;
    const first = measure(130, 7);
    expect(measure(130, 7)).toEqual(first);
    expect(bounds(measure(130, 7, 1))).not.toEqual(bounds(first));
    expect(tf.memory().numTensors).toBe(before);
    expect(first).toHaveLength(28);
  });
});

test("a run of the graph holds no more than its widest layer allows", async () => {
  const config = smallConfig({ model: { type: "dense", hidden: [2 ** 13] } });
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const images = tf.slice(dataset.test, 0, 20);
  const done: number[] = [];
  const source = { tf, vae, images, binarisation: "none", latentSize: 4 } as const;
  const options = { samples: 32, seed: 1, onProgress: (items: number) => done.push(items) };
  expect([...measureEvidence(source, options)]).toHaveLength(20);
  expect(done).toEqual([8, 16, 20]); // of 32 draws each: 8 * 32 * 2^13 numbers are 2^21
  tf.dispose(images);
  vae.dispose();
  dataset.dispose();
});

describe("evaluateRun", () => {
  test("says whether x is binary, however it came to be so", async () => {
    const folder = await temporaryFolder();
    const idx = [0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 28, 0, 0, 0, 28];
    const report = async (name: string, levels: readonly number[]) => {
      const pixels = Array.from({ length: 60 * 784 }, (_, i) => levels[i % levels.length]!);
      const file = join(folder, `${name}.idx`);
      await writeFile(file, Uint8Array.from([...idx, ...pixels]));
      const data = { name: "idx", train: file, heldOut: 0.5 } as const;
      const run = join(folder, name);
      await train(smallConfig({ data, training: { epochs: 1, batchSize: 30 } }), { out: run });
      return evaluateRun(run, { samples: 2 });
    };
    expect(await report("binary", [0, 255, 255])).toMatchObject({ binarised: true });
    expect(await report("grey", [0, 255, 128])).toMatchObject({ binarised: false });
  });

  test("reports a finished run, in its folder too", async () => {
    const run = join(await temporaryFolder(), "run");
    const data = { ...smallConfig().data, binarisation: "dynamic" } as const;
    const { epochs } = await train(smallConfig({ data }), { out: run });
    const before = tf.memory().numTensors;
    const report = await evaluateRun(run, { samples: 20, items: 150, seed: 3 });
    expect(tf.memory().numTensors).toBe(before);
    expect(JSON.parse(await readFile(join(run, "evaluation.json"), "utf8"))).toEqual(report);
    expect(report).toMatchObject({ items: 150, samples: 20, seed: 3, binarised: true });
    expect(report.elbo).toBeCloseTo(-report.distortion - report.rate, 10);
    expect(report.logLikelihood).toBeGreaterThan(report.elbo);
    expect(report.bitsPerDimension).toBeCloseTo(-report.logLikelihood / (784 * Math.LN2), 12);
    expect(report.standardError).toBeGreaterThan(0);
    const { test: heldOut } = epochs.at(-1)!;
    expect(Math.abs(report.rate / heldOut.rate - 1)).toBeLessThan(0.1);
    expect(report.activeUnits).toBe(heldOut.activeUnits);

    expect(report.likelihood).toBe("bernoulli");

    for (const options of [{ samples: 0 }, { items: 201 }, { seed: -1 }, { samples: 1.5 }]) {
      const [name] = Object.keys(options);
      const evaluation = evaluateRun(run, options);
      await expect(evaluation).rejects.toThrow(OptionError);
      await expect(evaluation).rejects.toThrow(`evaluate: ${name}: expected a whole`);
    }
    await writeFile(join(run, "summary.json"), "{");
    await expect(evaluateRun(run)).rejects.toThrow(RunFolderError);
  });
});
