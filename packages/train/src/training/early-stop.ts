/** When a training ends before its last epoch, and which epoch's weights it ends with: functions of what it reached. */
import type { TrainingConfig } from "../config/training.js";
import type { EpochMetrics } from "./loop.js";

type EarlyStop = NonNullable<TrainingConfig["earlyStop"]>;

/** The epoch (from 1) of the best held-out -ELBO so far, 0 before the first. */
export function bestEpoch(
  history: readonly EpochMetrics[],
  { minimumImprovement }: Pick<EarlyStop, "minimumImprovement">,
): number {
  let best = { epoch: 0, value: Infinity };
  for (const { epoch, test } of history) {
    const value = test.negativeElbo;
    if (best.value - value > minimumImprovement) best = { epoch, value };
  }
  return best.epoch;
}

/** Whether `patience` epochs have passed since the best. */
export function hasConverged(
  history: readonly EpochMetrics[],
  earlyStop: EarlyStop | undefined,
): boolean {
  return (
    earlyStop !== undefined && history.length - bestEpoch(history, earlyStop) >= earlyStop.patience
  );
}

/** Metrics of the epoch whose weights a finished training has: the best one where it stops early, else the last. */
export function finalMetrics(
  history: readonly EpochMetrics[],
  { earlyStop }: Pick<TrainingConfig, "earlyStop">,
): EpochMetrics {
  return earlyStop ? history[bestEpoch(history, earlyStop) - 1]! : history.at(-1)!;
}
