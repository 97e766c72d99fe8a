/** The training loop: epochs of shuffled batches, an evaluation after each. */
import { setImmediate } from "node:timers/promises";
import type { Tensor1D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { batches, shuffledOrder } from "../data/shuffle.js";
import { InterruptedError, NonFiniteLossError } from "../errors.js";
import { type Evaluation, evaluate } from "../evaluation/evaluate.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import { createAdam, type Optimizer } from "./adam.js";
import { type Losses, LossMeter } from "./losses.js";
import { type BatchSource, DRAWS_PER_BATCH, gradientStep } from "./step.js";

/** Numbers of one epoch: a line of metrics.jsonl. */
export interface EpochMetrics {
  /** From 1. */
  epoch: number;
  /** Means over the epoch, while the weights changed. */
  train: Losses;
  /** Of the held-out items, after the epoch. */
  test: Evaluation;
  /** Of training, evaluation left out. */
  seconds: number;
  imagesPerSecond: number;
}

/** How far an epoch has come. */
export interface Progress {
  type: "progress";
  epoch: number;
  epochs: number;
  /** Items of this epoch that are done, and all of them. */
  items: number;
  of: number;
  /** Means over the epoch so far. */
  train: Losses;
  /** Until the last epoch ends, at the average speed so far. */
  secondsLeft: number;
}

export type LoopEvent = Progress | { type: "epoch"; epochs: number; metrics: EpochMetrics };

/** Time between two reports of progress, which is also how long an interrupt waits. */
const TICK_MS = 100;

export interface LoopOptions {
  tf: TensorFlow;
  vae: Vae;
  dataset: Dataset;
  config: TrainConfig;
  signal?: AbortSignal | undefined;
}

/**
 * Trains `vae` in place and yields what happens. The same configuration gives the same losses to the bit on one machine
 * with one library and thread count, whenever progress is reported.
 *
 * @throws NonFiniteLossError when the loss becomes infinite or NaN
 * @throws InterruptedError once `signal` is aborted, after the step in hand
 */
export async function* trainEpochs(options: LoopOptions): AsyncGenerator<LoopEvent> {
  const { tf, vae, dataset, config } = options;
  const { epochs, optimizer: adam } = config.training;
  const optimizer = createAdam(tf, vae.variables, adam);
  const began = performance.now();
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const start = performance.now();
      const train = yield* trainEpoch(options, optimizer, epoch, began);
      const seconds = (performance.now() - start) / 1000;
      const imagesPerSecond = dataset.train.shape[0] / seconds;
      const test = evaluate({ tf, vae, images: dataset.test, config });
      assertFinite(test, epoch, Math.ceil(dataset.train.shape[0] / config.training.batchSize));
      const metrics = { epoch, train, test, seconds, imagesPerSecond };
      yield { type: "epoch", epochs, metrics };
    }
  } finally {
    optimizer.dispose();
  }
}

async function* trainEpoch(
  { tf, vae, dataset, config, signal }: LoopOptions,
  optimizer: Optimizer,
  epoch: number,
  began: number,
): AsyncGenerator<Progress, Losses> {
  const { batchSize, epochs } = config.training;
  const of = dataset.train.shape[0];
  const steps = batches(shuffledOrder(of, config.seed, epoch), batchSize);
  const takeStep = stepper({ tf, vae, images: dataset.train, config }, config, optimizer);
  const meter = new LossMeter(tf);
  let tick = performance.now();
  let items = 0;
  try {
    for (const [step, rows] of steps.entries()) {
      meter.add(takeStep(rows, (epoch - 1) * steps.length + step), rows.length);
      items += rows.length;
      const now = performance.now();
      if (now - tick < TICK_MS && items < of) continue;
      tick = now;
      const train = meter.read();
      assertFinite(train, epoch, step + 1);
      const done = (epoch - 1) * of + items;
      const secondsLeft = ((now - began) / 1000) * ((epochs * of) / done - 1);
      yield { type: "progress", epoch, epochs, items, of, train, secondsLeft };
      await setImmediate(); // signals arrive between turns of the event loop
      if (signal?.aborted) throw new InterruptedError(epoch, epochs);
    }
    return meter.read();
  } finally {
    meter.dispose();
  }
}

function assertFinite(losses: Losses, epoch: number, step: number): void {
  if (!Number.isFinite(losses.negativeElbo)) throw new NonFiniteLossError(epoch, step, losses);
}

/** A function that takes the step with a given number (from 0, over all epochs) and returns its losses unread. */
function stepper(source: BatchSource, { seed, objective }: TrainConfig, optimizer: Optimizer) {
  const { tf } = source;
  return (rows: Int32Array, step: number): Tensor1D =>
    tf.tidy(() => {
      const noise = tf.tensor1d([seed, step * DRAWS_PER_BATCH], "int32");
      const result = gradientStep(source, objective.beta, tf.tensor1d(rows, "int32"), noise);
      optimizer.apply(result.gradients);
      return result.losses;
    });
}
