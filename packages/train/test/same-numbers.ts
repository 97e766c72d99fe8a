/** A run from its configuration to `@vaeport/infer`, held to the trainer's own numbers. */
import { join } from "node:path";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-node";
import { exportVae, readRun, writeModelFolder } from "@vaeport/export";
import { loadVae, type VaeManifest } from "@vaeport/infer";
import {
  evaluateRun,
  loadDataset,
  loadRun,
  rate,
  samplePosterior,
  type TrainConfig,
  train,
} from "@vaeport/train";
import { expect } from "vitest";
import { oneHot } from "../src/training/step.js";
import { tf } from "./support.js";

/** The contract between runtimes: 1e-5 + 1e-4 of the largest value. */
function expectClose(found: ArrayLike<number>, tensor: Tensor): void {
  const exact = tensor.dataSync<"float32">();
  const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  expect(found).toHaveLength(exact.length);
  expect(worst).toBeLessThan(1e-5 + 1e-4 * largest);
}

/** Trains, evaluates and exports in a folder, and expects the trainer's own numbers of ONNX Runtime. */
export async function expectSameNumbers(
  folder: string,
  config: TrainConfig,
  samples = 10,
): Promise<VaeManifest> {
  await train(config, { out: join(folder, "run") });
  const evaluation = await evaluateRun(join(folder, "run"), { samples });
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
