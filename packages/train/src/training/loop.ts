/** The training loop: epochs of shuffled batches, an evaluation after each. */
import { setImmediate } from "node:timers/promises";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { batches, shuffledOrder } from "../data/shuffle.js";
import { InterruptedError, NonFiniteLossError } from "../errors.js";
import { type Evaluation, evaluateAll } from "../evaluation/evaluate.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { objectiveWeights } from "../vae/schedule.js";
import type { Vae } from "../vae/vae.js";
import { bestEpoch, hasConverged } from "./early-stop.js";
import { createEngine, type Engine, type Step } from "./engine.js";
import { assignWeights, type EngineState, namedWeights, valuesOf } from "./engine-state.js";
import { learningRate, type StepPlace } from "./learning-rate.js";
import { type Losses, LossMeter, type SetMetrics } from "./losses.js";
import { requireBatch } from "./requirements.js";
import type { Snapshot } from "./snapshot.js";
import { DRAWS_PER_BATCH } from "./step.js";
import { averageDecay } from "./weight-average.js";

/** Numbers of one epoch: a line of metrics.jsonl. */
export interface EpochMetrics {
  /** From 1. */
  epoch: number;
  /** Means over the epoch, while the weights changed. */
  train: SetMetrics;
  /** Of the held-out items, after the epoch. */
  test: Evaluation;
  /** Global norm of the gradients before clipping, mean over the steps. */
  gradientNorm: number;
  /** Of the last step. */
  learningRate: number;
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

/** What the loop reports: how far an epoch has come, and the metrics of one that has ended. */
export type LoopEvent = Progress | { type: "epoch"; epochs: number; metrics: EpochMetrics };

/** Time between two reports of progress, which is also how long an interrupt waits. */
const TICK_MS = 100;

/** What the loop trains, on what, and whether it goes on from a snapshot. */
export interface LoopOptions {
  tf: TensorFlow;
  vae: Vae;
  dataset: Dataset;
  config: TrainConfig;
  /** Gets the moving average of the weights that `config.training.weightAverage` asks for; built as `vae`. */
  average?: Vae | undefined;
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
 * @throws ConfigError when a batch is larger than the data
 * @throws NonFiniteLossError when the loss becomes infinite or NaN
 * @throws InterruptedError once `signal` is aborted, after the step in hand
 */
export async function* trainEpochs(options: LoopOptions): AsyncGenerator<LoopEvent> {
  const { tf, dataset, config } = options;
  const { epochs, batchSize, earlyStop } = config.training;
  const items = dataset.train.shape[0];
  const stepsPerEpoch = Math.ceil(items / batchSize);
  requireBatch(batchSize, items);
  const engine = createEngine(options);
  try {
    if (options.start) await engine.restore(options.start.state);
    const secondsLeft = forecast(epochs * items, itemsDone(options));
    const history = [...(options.start?.metrics ?? [])];
    let within = partOf(options.start);
    let best = options.start?.best;
    for (let epoch = history.length + 1; epoch <= epochs; epoch++) {
      if (hasConverged(history, earlyStop)) break;
      const context = { engine, history, within, best, secondsLeft };
      const trained = yield* trainEpoch(options, context);
      engine.moveAverage(averageDecay(config.training, epoch * stepsPerEpoch));
      const test = evaluateAll(engine.evaluator, config.latent.size);
      assertFinite(test, epoch, stepsPerEpoch);
      engine.synchronise();
      const last = { history, step: stepsPerEpoch - 1, stepsPerEpoch };
      const metrics: EpochMetrics = {
        ...{ epoch, train: trained.train, test, gradientNorm: trained.gradientNorm },
        learningRate: learningRate(config.training, last),
        ...{ seconds: trained.seconds, imagesPerSecond: items / trained.seconds },
      };
      history.push(metrics);
      within = partOf(undefined);
      if (earlyStop && bestEpoch(history, earlyStop) === epoch) best = weightsOf(options);
      await saveSnapshot(options, { ...context, within, best });
      yield { type: "epoch", epochs, metrics };
    }
    if (best) assignWeights(tf, options.average ?? options.vae, best);
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
  /** Weights of the best epoch so far, where they are kept. */
  best: EngineState | undefined;
  secondsLeft(items: number): number;
}

async function* trainEpoch(
  options: LoopOptions,
  context: EpochContext,
): AsyncGenerator<Progress, { train: SetMetrics; gradientNorm: number; seconds: number }> {
  const { dataset, config, signal } = options;
  const { engine, history, within, secondsLeft } = context;
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
      return stepOf(config, rows, { history, step: index + i, stepsPerEpoch: steps.length });
    });
    engine.train(group).forEach((report, i) => {
      meter.add(report, group[i]!.rows.length);
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
    await saveSnapshot(options, { ...context, within: done });
    throw new InterruptedError(epoch, epochs);
  }
  const seconds = (performance.now() - start) / 1000;
  const dimensions = dataset.train.size / of;
  return { train: meter.readAll(dimensions), gradientNorm: meter.gradientNorm, seconds };
}

function stepOf(config: TrainConfig, rows: Int32Array, place: StepPlace): Step {
  const done = place.history.length * place.stepsPerEpoch + place.step;
  return {
    rows,
    noise: Int32Array.of(config.seed, done * DRAWS_PER_BATCH),
    weights: objectiveWeights(config.objective, {
      step: done,
      perEpoch: place.stepsPerEpoch,
      steps: config.training.epochs * place.stepsPerEpoch,
    }),
    learningRate: learningRate(config.training, place),
    averageDecay: place.step === 0 ? 1 : averageDecay(config.training, done),
  };
}

async function saveSnapshot(
  { save }: LoopOptions,
  { engine, history, within, best }: EpochContext,
): Promise<void> {
  if (!save) return;
  const state = await engine.state();
  await save({ ...within, metrics: [...history], state, ...(best && { best }) });
}

/** The weights that are evaluated, and will be exported if none better come. */
function weightsOf({ vae, average }: LoopOptions): EngineState {
  return valuesOf(Object.fromEntries(namedWeights(average ?? vae)));
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
