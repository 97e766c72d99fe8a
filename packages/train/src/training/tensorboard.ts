/** Metrics as TensorBoard event files, written by TensorFlow itself. */
import type { TensorFlow } from "../tensorflow/index.js";
import type { EpochMetrics } from "./loop.js";

/** Name of the folder in a run; `tensorboard --logdir` takes it. */
export const TENSORBOARD = "tensorboard";

/** Writes a line of the log into an event file. */
export type EpochWriter = (metrics: EpochMetrics) => void;

export function createEventWriter(tf: TensorFlow, folder: string): EpochWriter {
  const writer = tf.node.summaryFileWriter(folder);
  return (metrics) => {
    for (const [name, value] of scalarsOf(metrics)) writer.scalar(name, value, metrics.epoch);
    writer.flush();
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
