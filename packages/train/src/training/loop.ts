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
import type { Snapshot } from "./snapshot.js";
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
  /** Continues from here instead of from the beginning; of the same configuration and data. */
  start?: Snapshot | undefined;
  /** Called after every epoch and on an interrupt; training goes on once it has settled. */
  save?: ((snapshot: Snapshot) => Promise<void>) | undefined;
}

/**
 * Trains `vae` in place and yields what happens. The same configuration gives the same losses to the bit on one machine
 * with one library and thread count, whenever progress is reported, and whether it runs through or is continued.
 *
 * @throws NonFiniteLossError when the loss becomes infinite or NaN
 * @throws InterruptedError once `signal` is aborted, after the step in hand
 */
export async function* trainEpochs(options: LoopOptions): AsyncGenerator<LoopEvent> {
  const { dataset, config, save } = options;
  const { epochs, batchSize } = config.training;
  const items = dataset.train.shape[0];
  const engine = createEngine(options);
  try {
    if (options.start) await engine.restore(options.start.state);
    const secondsLeft = forecast(epochs * items, itemsDone(options));
    const history = [...(options.start?.metrics ?? [])];
    let within = partOf(options.start);
    for (let epoch = history.length + 1; epoch <= epochs; epoch++) {
      const { train, seconds } = yield* trainEpoch(options, {
        engine,
        history,
        within,
        secondsLeft,
      });
      const test = evaluateAll(engine.evaluator, config.latent.size);
      assertFinite(test, epoch, Math.ceil(items / batchSize));
      engine.synchronise();
      const metrics = { epoch, train, test, seconds, imagesPerSecond: items / seconds };
      history.push(metrics);
      within = partOf(undefined);
      await save?.({ ...within, metrics: [...history], state: await engine.state() });
      yield { type: "epoch", epochs, metrics };
    }
  } finally {
    engine.dispose();
  }
}

/** How far an epoch has come. */
type Part = Pick<Snapshot, "step" | "sums" | "seconds">;

function partOf(snapshot: Snapshot | undefined): Part {
  if (!snapshot) return { step: 0, sums: new LossMeter().sums, seconds: 0 };
  const { step, sums, seconds } = snapshot;
  return { step, sums, seconds };
}

interface EpochContext {
  engine: Engine;
  /** Of the epochs before. */
  history: readonly EpochMetrics[];
  /** Of this epoch, what an earlier process did. */
  within: Part;
  secondsLeft(items: number): number;
}

async function* trainEpoch(
  { dataset, config, signal, save }: LoopOptions,
  { engine, history, within, secondsLeft }: EpochContext,
): AsyncGenerator<Progress, { train: Losses; seconds: number }> {
  const { batchSize, epochs } = config.training;
  const epoch = history.length + 1;
  const of = dataset.train.shape[0];
  const steps = batches(shuffledOrder(of, config.seed, epoch), batchSize);
  const meter = new LossMeter(within.sums);
  const start = performance.now() - within.seconds * 1000;
  let tick = performance.now();
  for (let index = within.step; index < steps.length; ) {
    const next = Math.min(nextCall(index, engine.stepsPerCall), steps.length);
    const group = steps.slice(index, next).map((rows, i) => {
      const step = (epoch - 1) * steps.length + index + i;
      return { rows, noise: Int32Array.of(config.seed, step * DRAWS_PER_BATCH) };
    });
    engine.train(group).forEach((terms, i) => {
      meter.add(terms, group[i]!.rows.length);
      assertFinite(meter.read(), epoch, index + i + 1);
    });
    index = next;
    const { sums } = meter;
    const { items } = sums;
    const now = performance.now();
    if (now - tick < TICK_MS && items < of) continue;
    tick = now;
    const left = secondsLeft((epoch - 1) * of + items);
    yield { type: "progress", epoch, epochs, items, of, train: meter.read(), secondsLeft: left };
    await setImmediate(); // signals arrive between turns of the event loop
    if (!signal?.aborted) continue;
    engine.synchronise();
    const done = { step: index, sums, seconds: (performance.now() - start) / 1000 };
    await save?.({ ...done, metrics: [...history], state: await engine.state() });
    throw new InterruptedError(epoch, epochs);
  }
  return { train: meter.read(), seconds: (performance.now() - start) / 1000 };
}

/** Where the call that holds step `index` ends: calls begin at multiples, wherever an epoch is continued. */
function nextCall(index: number, stepsPerCall: number): number {
  return (Math.floor(index / stepsPerCall) + 1) * stepsPerCall;
}

/** Items of all epochs that an earlier process trained on. */
function itemsDone({ dataset, start }: LoopOptions): number {
  return start ? start.metrics.length * dataset.train.shape[0] + start.sums.items : 0;
}

/** Seconds until all items are done, at the average speed since now. */
function forecast(all: number, before: number): (items: number) => number {
  const began = performance.now();
  return (items) => ((performance.now() - began) / 1000) * ((all - items) / (items - before));
}

function assertFinite(losses: Losses, epoch: number, step: number): void {
  if (!Number.isFinite(losses.negativeElbo)) throw new NonFiniteLossError(epoch, step, losses);
}
