/** Trains a VAE from a configuration and writes its run folder. */
import { resolve } from "node:path";
import type { TrainConfig } from "../config.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { drawPictures } from "../pictures/draw.js";
import { loadTensorFlow, type TensorFlow } from "../tensorflow/index.js";
import { startAtDataMean } from "../vae/initialise.js";
import { buildVae, type Vae } from "../vae/vae.js";
import { type EpochMetrics, type LoopEvent, trainEpochs } from "./loop.js";
import {
  appendMetrics,
  createRunFolder,
  finishRun,
  picturesFolder,
  writeCheckpoint,
} from "./run-folder.js";
import { summarise } from "./summary.js";

/** What `train` reports while it works. */
export type TrainEvent =
  | { type: "start"; parameters: number; trainItems: number; testItems: number }
  | LoopEvent;

export interface TrainOptions {
  /** The run folder. */
  out: string;
  /** Replaces an earlier run in `out`. */
  force?: boolean;
  /** Stops training after the step in hand. */
  signal?: AbortSignal;
  onEvent?: (event: TrainEvent) => void;
}

export interface TrainResult {
  /** Absolute path of the run folder. */
  folder: string;
  epochs: EpochMetrics[];
}

/**
 * Trains on the configured dataset and leaves a complete run folder. Weights are saved after every epoch, so that
 * whatever stops a training, its last whole epoch is in `checkpoints/`.
 *
 * @throws TensorFlowError, DataError, MissingPackageError, ConfigError, RunFolderError before anything is written
 * @throws NonFiniteLossError, InterruptedError while training
 */
export async function train(config: TrainConfig, options: TrainOptions): Promise<TrainResult> {
  const tf = await loadTensorFlow();
  const dataset = await loadDataset(tf, config.data);
  try {
    return await trainOn(tf, dataset, config, options);
  } finally {
    dataset.dispose();
  }
}

async function trainOn(
  tf: TensorFlow,
  dataset: Dataset,
  config: TrainConfig,
  { out, force, signal, onEvent }: TrainOptions,
): Promise<TrainResult> {
  const folder = resolve(out);
  const vae = buildVae(tf, config, dataset.itemShape);
  try {
    if (config.model.outputBias === "data-mean") startAtDataMean(tf, vae.decoder, dataset.train);
    await createRunFolder(folder, config, force);
    onEvent?.(startEvent(vae, dataset));

    const epochs: EpochMetrics[] = [];
    for await (const event of trainEpochs({ tf, vae, dataset, config, signal })) {
      if (event.type === "epoch") {
        epochs.push(event.metrics);
        await appendMetrics(folder, event.metrics);
        await writeCheckpoint(folder, event.metrics.epoch, vae);
      }
      onEvent?.(event);
    }
    await drawPictures(tf, picturesFolder(folder), { vae, dataset, config, metrics: epochs });
    await finishRun(folder, vae, summarise(tf, config, dataset, epochs.at(-1)!));
    return { folder, epochs };
  } finally {
    vae.dispose();
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
