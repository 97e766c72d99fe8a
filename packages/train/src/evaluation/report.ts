/** The evaluation of a finished run: log p(x) by importance sampling, beside both terms of the bound. */
import { join, resolve } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-node";
import { configHash, type TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { itemSize } from "../data/source.js";
import { OptionError } from "../errors.js";
import { loadTensorFlow, type TensorFlow } from "../tensorflow/index.js";
import { writeJson } from "../training/files.js";
import { loadRunData } from "../training/run-data.js";
import { EVALUATION, loadRun, requireFolder } from "../training/run-folder.js";
import { oneHot } from "../training/step.js";
import { ActiveUnits } from "./active-units.js";
import { someHeldOut } from "./held-out.js";
import { type ItemEvidence, measureEvidence } from "./importance.js";

/** What `evaluation.json` holds: means over the items, in nats unless said otherwise. */
export interface EvaluationReport {
  format: "vaeport-evaluation";
  version: 1;
  name: string;
  dataset: string;
  configHash: string;
  likelihood: TrainConfig["likelihood"]["name"];
  /** Held-out items that were measured. */
  items: number;
  /** K, draws of z for each. */
  samples: number;
  /** Of pixels and draws. */
  seed: number;
  /** Whether x is binary, drawn so or given so. */
  binarised: boolean;
  /**
   * L_K, which is at most log p(x) in expectation and grows towards it with K. A Bernoulli likelihood of values that are
   * not binary has no log p(x): it is then a number to compare with its own kind alone.
   */
  logLikelihood: number;
  /** Of `logLikelihood`, from the spread over the items. */
  standardError: number;
  /** -(distortion + rate); the distortion is averaged over K draws, the rate exact. */
  elbo: number;
  distortion: number;
  rate: number;
  activeUnits: number;
  /** -logLikelihood in bits, by the number of values of an item. */
  bitsPerDimension: number;
}

/** How many items are measured, with how many draws of z each. */
export interface EvaluateRunOptions {
  /** K, 500 by default. */
  samples?: number;
  /** So many of the held-out items, spread over the set; all by default. */
  items?: number;
  /** 0 by default, whatever the run's, so that runs are compared on the same draws. */
  seed?: number;
  /** Called as items are done. */
  onProgress?: (items: number, of: number) => void;
}

/**
 * Evaluates a finished run on its held-out items and writes `evaluation.json` into its folder.
 *
 * @throws OptionError when an option is out of range
 * @throws RunFolderError, TensorFlowError, DataError, MissingPackageError as `loadRun` and `train`
 */
export async function evaluateRun(
  runFolder: string,
  { samples = 500, items, seed = 0, onProgress }: EvaluateRunOptions = {},
): Promise<EvaluationReport> {
  requireFolder("evaluateRun", runFolder);
  requireWhole("samples", samples, 1);
  requireWhole("seed", seed, 0);
  if (items !== undefined) requireWhole("items", items, 1);
  const folder = resolve(runFolder);
  const tf = await loadTensorFlow();
  const run = await loadRun(tf, folder);
  const { config, vae } = run;
  let dataset: Dataset | undefined;
  try {
    dataset = await loadRunData(tf, folder, run);
    const of = dataset.test.shape[0];
    const count = items ?? of;
    requireWhole("items", count, 1, of);
    const { items: images, labels } = someHeldOut(tf, dataset, count);
    const label = vae.classes && oneHot(tf, labels!, vae.classes.length);
    const evidence = measureEvidence(
      {
        ...{ tf, vae, images, label },
        binarisation: config.data.binarisation,
        latentSize: config.latent.size,
      },
      { samples, seed, onProgress: (done) => onProgress?.(done, count) },
    );
    const dimensions = itemSize(dataset.itemShape);
    const binarised = config.data.binarisation !== "none" || isBinary(tf, images);
    const numbers = summariseEvidence(evidence, config.latent.size, dimensions);
    tf.dispose(label ? [images, label] : [images]);
    const described = describe(config, dataset.name, binarised);
    const report = { ...described, items: count, samples, seed, ...numbers };
    await writeJson(join(folder, EVALUATION), report);
    return report;
  } finally {
    dataset?.dispose();
    vae.dispose();
  }
}

function isBinary(tf: TensorFlow, x: Tensor): boolean {
  return tf.tidy(() => tf.all(tf.equal(tf.square(x), x)).dataSync()[0] === 1);
}

function describe(config: TrainConfig, dataset: string, binarised: boolean) {
  return {
    format: "vaeport-evaluation",
    version: 1,
    name: config.name,
    dataset,
    configHash: configHash(config),
    likelihood: config.likelihood.name,
    binarised,
  } as const;
}

/** Means over the items, summed in float64. */
export function summariseEvidence(
  evidence: Iterable<ItemEvidence>,
  latentSize: number,
  dimensions: number,
) {
  const units = new ActiveUnits(latentSize);
  const values: number[] = [];
  let [distortion, rate] = [0, 0];
  for (const item of evidence) {
    values.push(item.logEvidence);
    distortion += item.distortion;
    rate += item.rate;
    units.add(item.mean);
  }
  const items = values.length;
  const logLikelihood = values.reduce((sum, value) => sum + value, 0) / items;
  const squares = values.reduce((sum, value) => sum + (value - logLikelihood) ** 2, 0);
  return {
    logLikelihood,
    standardError: items > 1 ? Math.sqrt(squares / (items - 1) / items) : 0,
    elbo: -(distortion + rate) / items,
    distortion: distortion / items,
    rate: rate / items,
    activeUnits: units.count(),
    bitsPerDimension: -logLikelihood / (dimensions * Math.LN2),
  };
}

function requireWhole(option: string, value: number, least: number, most = 2 ** 31 - 1): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new OptionError(
    `evaluate: ${option}: expected a whole number from ${least} to ${most}, got ${value}.`,
  );
}
