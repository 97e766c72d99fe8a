/** Every kind of model from configuration to `@vaeport/infer`: trained a little, exported, run by ONNX Runtime. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-node";
import { exportVae, readRun, writeModelFolder } from "@vaeport/export";
import { loadVae, type VaeManifest } from "@vaeport/infer";
import {
  ConfigError,
  evaluateRun,
  loadDataset,
  loadRun,
  rate,
  samplePosterior,
  type TrainConfig,
  type TrainConfigInput,
  train,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { oneHot } from "../src/training/step.js";
import { numbers, smallConfig, temporaryFolder, tf } from "./support.js";

type Kind = Pick<Partial<TrainConfigInput>, "model" | "latent" | "likelihood" | "condition">;

const CONV: TrainConfigInput["model"] = {
  type: "conv",
  layers: [
    { channels: 3, stride: 2, residualBlocks: 1 },
    { channels: 4, stride: 2 },
  ],
  normalisation: "batch",
};

const KINDS: Record<string, Kind> = {
  "conditional Bernoulli": { condition: "label" },
  "full covariance": { latent: { size: 9, posterior: "full" } },
  "continuous Bernoulli": { likelihood: { name: "continuous-bernoulli" } },
  "Gaussian, fixed variance": { likelihood: { name: "gaussian", varianceValue: 0.1 } },
  "Gaussian, learned variance": { likelihood: { name: "gaussian", variance: "learned" } },
  "Gaussian, optimal variance": { likelihood: { name: "gaussian", variance: "optimal" } },
  "discretised logistic": { likelihood: { name: "discretised-logistic" } },
  "conditional residual conv, full covariance, learned variance": {
    model: CONV,
    condition: "label",
    latent: { size: 3, posterior: "full" },
    likelihood: { name: "gaussian", variance: "learned" },
  },
  "dense with residual blocks and layer normalisation, discretised logistic": {
    model: { type: "dense", hidden: [16], residualBlocks: 1, normalisation: "layer" },
    likelihood: { name: "discretised-logistic" },
  },
};

/** The contract between runtimes: 1e-5 + 1e-4 of the largest value. */
function expectClose(found: ArrayLike<number>, tensor: Tensor): void {
  const exact = tensor.dataSync<"float32">();
  const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  expect(found).toHaveLength(exact.length);
  expect(worst).toBeLessThan(1e-5 + 1e-4 * largest);
}

/** Trains, evaluates and exports in a folder, and expects the trainer's own numbers of ONNX Runtime. */
async function expectSameNumbers(folder: string, config: TrainConfig): Promise<VaeManifest> {
  await train(config, { out: join(folder, "run") });
  const evaluation = await evaluateRun(join(folder, "run"), { samples: 10 });
  expect(Number.isFinite(evaluation.logLikelihood)).toBe(true);
  await writeModelFolder(
    join(folder, "model"),
    await exportVae(await readRun(join(folder, "run"))),
  );

  const { vae } = await loadRun(tf, join(folder, "run"));
  const dataset = await loadDataset(tf, config.data);
  const labels = dataset.labels?.test ?? new Int32Array();
  await using model = await loadVae(join(folder, "model"), { provider: "cpu" });
  const given = vae.classes ? { label: Uint8Array.from(labels) } : {};
  const label = vae.classes && oneHot(tf, labels, vae.classes.length);
  const x = dataset.test;
  const values = x.dataSync<"float32">();

  const posterior = vae.encode(x, { label });
  const encoded = await model.encode(values, given);
  expectClose(encoded.mean.data, posterior.mean);
  if ("scaleTril" in posterior) expectClose(encoded.scaleTril!.data, posterior.scaleTril);
  else expectClose(encoded.logVariance.data, posterior.logVariance);

  const parameters = vae.decode(posterior.mean, { label });
  const { data: reconstruction } = await model.decode(posterior.mean.dataSync<"float32">(), given);
  expectClose(reconstruction, vae.likelihood.mean(parameters));

  const scores = await model.score(values, { ...given, samples: 0 });
  expectClose(scores.distortion, vae.likelihood.distortion(x, parameters));
  expectClose(scores.rate, rate(tf, posterior));

  const drawn = model.sampleLatent(encoded, { seed: 5 });
  expect(drawn.shape).toEqual(posterior.mean.shape);
  const still = samplePosterior(tf, posterior, tf.zerosLike(posterior.mean) as Tensor2D);
  expectClose(encoded.mean.data, still);

  vae.dispose();
  dataset.dispose();
  return model.manifest;
}

describe.each(Object.entries(KINDS))("%s", (_, kind) => {
  test("trains, evaluates, exports, and gives the trainer's own numbers in ONNX Runtime", async () => {
    const config = smallConfig({
      data: { name: "mnist", trainItems: 400, testItems: 20 },
      model: { type: "dense", hidden: [16] },
      training: { epochs: 1, batchSize: 40 },
      ...kind,
    });
    await expectSameNumbers(await temporaryFolder(), config);
  });
});

describe("rows of a table", () => {
  const rows = Array.from({ length: 60 }, (_, i) => [...numbers(3, -2, 5, i), `kind ${i % 2}`]);

  async function tableConfig(changes: Partial<TrainConfigInput>): Promise<[string, TrainConfig]> {
    const folder = await temporaryFolder();
    const file = join(folder, "rows.csv");
    await writeFile(file, ["a,b,c,kind", ...rows.map((row) => row.join())].join("\n"));
    const config = smallConfig({
      data: { name: "csv", train: file, labelColumn: "kind" },
      training: { epochs: 1, batchSize: 10 },
      ...changes,
    });
    return [folder, config];
  }

  test.each<[string, Kind]>([
    [
      "Gaussian, learned variance, conditional",
      { likelihood: { name: "gaussian", variance: "learned" }, condition: "label" },
    ],
    ["Gaussian, optimal variance", { likelihood: { name: "gaussian", variance: "optimal" } }],
  ])("%s: items of shape [D], all the way", async (_, kind) => {
    const model: Kind["model"] = { type: "dense", hidden: [8], outputBias: "channel-mean" };
    const [folder, config] = await tableConfig({ model, ...kind });
    const { data } = await expectSameNumbers(folder, config);
    expect(data).toMatchObject({ shape: [3], layout: "flat" });
    const pictures = await readdir(join(folder, "run", "pictures"));
    expect(pictures.sort()).toEqual(["latent-space.png", "training-curve.png"]);
  });

  test("are no images to a convolutional net", async () => {
    const model: Kind["model"] = { type: "conv", layers: [{ channels: 2 }] };
    const likelihood = { name: "gaussian" } as const;
    const [folder, config] = await tableConfig({ model, likelihood });
    const training = train(config, { out: join(folder, "run") });
    await expect(training).rejects.toThrow(ConfigError);
    await expect(training).rejects.toThrow(/model\.type: .*rows of 3 numbers; take "dense"/);
  });
});
