/** Trains a VAE from a configuration and writes its run folder. */
import { join, resolve } from "node:path";
import { isObject, requireArgument } from "../argument.js";
import { parseConfig, type TrainConfig, withAbsolutePaths } from "../config.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { InterruptedError, OptionError, RunWriteError } from "../errors.js";
import { drawPictures } from "../pictures/draw.js";
import { loadTensorFlow, type TensorFlow } from "../tensorflow/index.js";
import { startAtDataMean } from "../vae/initialise.js";
import { buildVae, type Vae } from "../vae/vae.js";
import type { Training } from "./checkpoint.js";
import { saveCheckpoint } from "./checkpoints.js";
import { type DataFingerprint, fingerprintOf, requireSameData } from "./data-fingerprint.js";
import { finalMetrics } from "./early-stop.js";
import { type EpochMetrics, type LoopEvent, type LoopOptions, trainEpochs } from "./loop.js";
import { appendMetrics } from "./metrics-log.js";
import { requireFit } from "./requirements.js";
import {
  createRunFolder,
  finishRun,
  picturesFolder,
  replaceRun,
  requireFolder,
  requireRoom,
} from "./run-folder.js";
import { withRunLock } from "./run-lock.js";
import type { Snapshot } from "./snapshot.js";
import { summarise } from "./summary.js";
import { createEventWriter, TENSORBOARD } from "./tensorboard.js";

/** What `train` reports while it works. */
export type TrainEvent =
  | { type: "reading"; done: number; of: number }
  | { type: "start"; parameters: number; trainItems: number; testItems: number }
  | LoopEvent;

/** Where a training goes, and how it is watched and stopped. */
export interface TrainOptions {
  /** The run folder. */
  out: string;
  /** Replaces an earlier run in `out`, which stays until the first checkpoint. */
  force?: boolean;
  /** Stops training after the step in hand. */
  signal?: AbortSignal;
  onEvent?: (event: TrainEvent) => void;
}

/** What a training leaves: its folder, and what it reached. */
export interface TrainResult {
  /** Absolute path of the run folder. */
  folder: string;
  /** Metrics of each epoch. */
  epochs: EpochMetrics[];
  /** Those of the weights that the run has: the best epoch's where it may stop early, else the last one's. */
  final: EpochMetrics;
}

/**
 * Trains on the configured dataset and leaves a complete run folder. Everything is saved after every epoch and on an
 * interrupt, so that whatever stops a training, `resume` continues it.
 *
 * @throws TensorFlowError, DataError, MissingPackageError, ConfigError, RunFolderError before anything is written
 * @throws NonFiniteLossError, InterruptedError, RunWriteError while training
 */
export async function train(given: TrainConfig, options: TrainOptions): Promise<TrainResult> {
  requireArgument(OptionError, isObject(options), "train, options", options, "{ out }");
  const { out, force, ...rest } = options;
  requireFolder("train, out", out);
  const folder = resolve(out);
  const config = withAbsolutePaths(parseConfig(given), process.cwd()); // in the run folder, others would start there
  const replaces = await requireRoom(folder, force); // before data is read, which may take minutes
  const prepare = async () => (replaces ? undefined : createRunFolder(folder, config));
  return withRunLock(folder, () => runTraining(config, { folder, prepare, replaces, ...rest }));
}

export interface RunTrainingOptions extends Pick<TrainOptions, "signal" | "onEvent"> {
  /** Absolute path of the run folder. */
  folder: string;
  /** Makes the run folder ready, once everything else is. */
  prepare(): Promise<void>;
  /** Whether an earlier run is there, to give way to the first checkpoint; false by default. */
  replaces?: boolean;
  /** Where to continue from; from the beginning without. */
  start?: Snapshot | undefined;
  /** What it was trained on until there, where that is known. */
  trainedOn?: DataFingerprint | undefined;
}

/** What `train` and `resume` share: from a prepared run folder to a complete one. */
export async function runTraining(
  config: TrainConfig,
  options: RunTrainingOptions,
): Promise<TrainResult> {
  const tf = await loadTensorFlow();
  const onProgress = (done: number, of: number) => options.onEvent?.({ type: "reading", done, of });
  const dataset = await loadDataset(tf, config.data, { onProgress, signal: options.signal });
  try {
    const data = fingerprintOf(dataset);
    if (options.trainedOn) requireSameData(options.folder, data, options.trainedOn);
    return await trainOn(tf, dataset, { config, data }, options);
  } finally {
    dataset.dispose();
  }
}

async function trainOn(
  tf: TensorFlow,
  dataset: Dataset,
  { config, data }: Training,
  options: RunTrainingOptions,
): Promise<TrainResult> {
  requireFit(tf, config, dataset);
  const vae = buildVae(tf, config, dataset);
  const average = config.training.weightAverage && buildVae(tf, config, dataset);
  const result = average ?? vae;
  const { folder, prepare, onEvent } = options;
  try {
    const { outputBias } = config.model;
    if (outputBias !== "zeros") {
      const tied = outputBias === "channel-mean";
      for (const each of new Set([vae, result])) startAtDataMean(tf, each, dataset.train, tied);
    }
    await prepare();
    onEvent?.(startEvent(vae, dataset));
    const epochs = await logEpochs({ tf, vae, average, dataset, config, data }, options);
    const final = finalMetrics(epochs, config.training);
    await writing(folder, async () => {
      const source = { vae: result, dataset, config, metrics: epochs };
      await drawPictures(tf, picturesFolder(folder), source);
      const summary = summarise(tf, { config, vae: result, dataset }, final);
      await finishRun(folder, result, summary, dataset.columns);
    });
    return { folder, epochs, final };
  } finally {
    vae.dispose();
    average?.dispose();
  }
}

/** Runs the loop; checkpoints and logs go into the run folder. Returns all epochs, those before `start` included. */
async function logEpochs(
  training: Pick<LoopOptions, "tf" | "vae" | "average" | "dataset" | "config"> & Training,
  { folder, start, signal, onEvent, replaces = false }: RunTrainingOptions,
): Promise<EpochMetrics[]> {
  const { tf, config, data, vae, average } = training;
  const epochs = [...(start?.metrics ?? [])];
  let earlier = replaces;
  const save = async (snapshot: Snapshot) => {
    const write = (into: string) =>
      saveCheckpoint(into, { config, data }, average ?? vae, snapshot);
    if (!earlier) return writing(folder, () => write(folder));
    await writing(folder, () => replaceRun(folder, config, write), "train again, with --force");
    earlier = false;
  };
  const openEvents = async () =>
    config.training.tensorBoard
      ? createEventWriter(tf, join(folder, TENSORBOARD), epochs)
      : undefined;
  let events = replaces ? undefined : await openEvents();
  try {
    for await (const event of trainEpochs({ ...training, start, signal, save })) {
      if (event.type === "epoch") {
        events ??= await openEvents();
        epochs.push(event.metrics);
        await writing(folder, () => appendMetrics(folder, event.metrics));
        events?.write(event.metrics);
      }
      onEvent?.(event);
    }
    return epochs;
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(error.epoch, config.training.epochs, folder);
  } finally {
    events?.close();
  }
}

/** Turns a failure of the system, as of a full disk, into an error that says how to go on. */
async function writing(folder: string, write: () => Promise<void>, next?: string): Promise<void> {
  try {
    await write();
  } catch (error) {
    const bySystem = error instanceof Error && "errno" in error;
    throw bySystem ? new RunWriteError(folder, error, next) : error;
  }
}

function startEvent(vae: Vae, { train, test }: Dataset): TrainEvent {
  return {
    type: "start",
    parameters: vae.variables.reduce((sum, variable) => sum + variable.size, 0),
    trainItems: train.shape[0],
    testItems: test.shape[0],
  };
}
