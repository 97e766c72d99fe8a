/** Metrics as TensorBoard event files, written by TensorFlow itself. */
import { rm } from "node:fs/promises";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { EpochMetrics } from "./loop.js";

/** Name of the folder in a run; `tensorboard --logdir` takes it. */
export const TENSORBOARD = "tensorboard";

/** Writes lines of the log into an event file. */
export interface EventWriter {
  write(metrics: EpochMetrics): void;
  close(): void;
}

/**
 * Starts the folder anew with the epochs so far: a killed process's file may lack the last one, or hold it already.
 * `tf.node.summaryFileWriter` would go on in a file of that folder that was removed, since it keeps one for each path.
 */
export async function createEventWriter(
  tf: TensorFlow,
  folder: string,
  epochs: readonly EpochMetrics[],
): Promise<EventWriter> {
  await rm(folder, { recursive: true, force: true });
  const backend = tf.backend() as NodeJSKernelBackend;
  const writer = backend.summaryWriter(folder);
  tf.tidy(() => backend.createSummaryFileWriter(writer, folder));
  const write = (metrics: EpochMetrics) => {
    for (const [name, value] of scalarsOf(metrics)) {
      backend.writeScalarSummary(writer, metrics.epoch, name, value);
    }
    backend.flushSummaryWriter(writer);
  };
  epochs.forEach(write);
  return {
    write,
    close() {
      backend.executeMultipleOutputs("CloseSummaryWriter", [], [writer], 0);
      writer.dispose();
    },
  };
}

/** Every number of a line, by path: `held-out/rate`, `train/rateByDimension/3`, `learningRate`. */
function scalarsOf({ epoch, test, ...metrics }: EpochMetrics): [string, number][] {
  return flatten({ ...metrics, "held-out": test });
}

function flatten(value: object, path = ""): [string, number][] {
  return Object.entries(value).flatMap(([key, each]) => {
    return typeof each === "object" && each !== null
      ? flatten(each, `${path}${key}/`)
      : [[`${path}${key}`, each as number] as [string, number]];
  });
}
