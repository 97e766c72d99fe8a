/** The training loop: epochs of shuffled batches, an evaluation after each. */
import { setImmediate } from "node:timers/promises";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { batches, shuffledOrder } from "../data/shuffle.js";
import { InterruptedError, NonFiniteLossError } from "../errors.js";
import { type Evaluation, evaluateAll } from "../evaluation/evaluate.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import { createEngine, type Engine } from "./engine.js";
import { type Losses, LossMeter } from "./losses.js";
import { DRAWS_PER_BATCH } from "./step.js";

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
  const { dataset, config } = options;
  const { epochs, batchSize } = config.training;
  const items = dataset.train.shape[0];
  const engine = createEngine(options);
  const began = performance.now();
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const start = performance.now();
      const train = yield* trainEpoch(options, engine, epoch, began);
      const seconds = (performance.now() - start) / 1000;
      const test = evaluateAll(engine.evaluator, config.latent.size);
      assertFinite(test, epoch, Math.ceil(items / batchSize));
      engine.synchronise();
      const metrics = { epoch, train, test, seconds, imagesPerSecond: items / seconds };
      yield { type: "epoch", epochs, metrics };
    }
  } finally {
    engine.dispose();
  }
}

async function* trainEpoch(
  { dataset, config, signal }: LoopOptions,
  engine: Engine,
  epoch: number,
  began: number,
): AsyncGenerator<Progress, Losses> {
  const { batchSize, epochs } = config.training;
  const of = dataset.train.shape[0];
  const steps = batches(shuffledOrder(of, config.seed, epoch), batchSize);
  const meter = new LossMeter();
  let tick = performance.now();
  let items = 0;
  for (const [index, rows] of steps.entries()) {
    const step = (epoch - 1) * steps.length + index;
    meter.add(engine.step(rows, Int32Array.of(config.seed, step * DRAWS_PER_BATCH)), rows.length);
    const train = meter.read();
    assertFinite(train, epoch, index + 1);
    items += rows.length;
    const now = performance.now();
    if (now - tick < TICK_MS && items < of) continue;
    tick = now;
    const done = (epoch - 1) * of + items;
    const secondsLeft = ((now - began) / 1000) * ((epochs * of) / done - 1);
    yield { type: "progress", epoch, epochs, items, of, train, secondsLeft };
    await setImmediate(); // signals arrive between turns of the event loop
    if (signal?.aborted) throw new InterruptedError(epoch, epochs);
  }
  return meter.read();
}

function assertFinite(losses: Losses, epoch: number, step: number): void {
  if (!Number.isFinite(losses.negativeElbo)) throw new NonFiniteLossError(epoch, step, losses);
}
