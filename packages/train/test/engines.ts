/** Steps by either engine, and how far the losses of two runs lie apart. */
import { buildVae, evaluate, loadDataset, type TrainConfigInput } from "@vaeport/train";
import { evaluateAll } from "../src/evaluation/evaluate.js";
import { createEngine } from "../src/training/engine.js";
import { itemsOf } from "../src/training/item-source.js";
import { smallConfig, tf } from "./support.js";

/** A network whose every convolution is followed by batch normalisation. */
export const BATCH_NORMALISED = {
  type: "conv" as const,
  layers: [
    { channels: 3, stride: 2 },
    { channels: 5, stride: 2 },
  ],
  normalisation: "batch" as const,
} satisfies TrainConfigInput["model"];

/** The terms of `steps` steps of 20 images, distortion and rate first, and the evaluation after them. */
export async function run(
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
export function largestDifference(a: number[][], b: number[][]): number {
  const differences = a.flatMap((terms, step) => {
    const largest = Math.max(...b[step]!.slice(2).map(Math.abs));
    return terms.map((term, i) => {
      const other = b[step]![i]!;
      return Math.abs(term - other) / (i < 2 ? Math.abs(other) : largest);
    });
  });
  return Math.max(...differences);
}

/** The largest differences of the engines, in the first step and in all, and their evaluations after the last. */
export async function compareEngines(
  changes: Partial<TrainConfigInput>,
  steps: number,
  weightsAt?: Parameters<typeof run>[3],
) {
  const { training, ...kind } = changes;
  const captured = await run(kind, { ...training, engine: "captured" }, steps, weightsAt);
  const eager = await run(kind, { ...training, engine: "eager" }, steps, weightsAt);
  return {
    first: largestDifference(captured.terms.slice(0, 1), eager.terms.slice(0, 1)),
    all: largestDifference(captured.terms, eager.terms),
    /** As the captured run measured them, divided by what eager functions find with the weights that left its graph. */
    distortion: captured.held.distortion / captured.eager.distortion,
    rate: captured.held.rate / captured.eager.rate,
  };
}
