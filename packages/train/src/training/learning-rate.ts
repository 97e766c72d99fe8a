/** The learning rate of a step: a pure function of the configuration, the place in the training and what it reached. */
import type { TrainingConfig } from "../config/training.js";
import type { EpochMetrics } from "./loop.js";

/** Where in a training a step is. */
export interface StepPlace {
  /** Whole epochs before it. */
  history: readonly EpochMetrics[];
  /** Number of the step within its epoch, from 0. */
  step: number;
  stepsPerEpoch: number;
}

type Config = Pick<TrainingConfig, "epochs" | "optimizer" | "learningRateSchedule">;

/**
 * - `step`: times `factor` after every `epochs` epochs.
 * - `cosine`: half a cosine from the first step to the last, down to `minimum`; Loshchilov and Hutter, "SGDR" (2017),
 *   equation 5 without restarts.
 * - `plateau`: times `factor` whenever the held-out -ELBO has not become smaller for more than `patience` epochs.
 */
export function learningRate(config: Config, place: StepPlace): number {
  const { epochs, optimizer, learningRateSchedule: schedule } = config;
  const { learningRate: start } = optimizer;
  switch (schedule.type) {
    case "constant":
      return start;
    case "step":
      return start * schedule.factor ** Math.floor(place.history.length / schedule.epochs);
    case "cosine": {
      const last = epochs * place.stepsPerEpoch - 1;
      const part = (place.history.length * place.stepsPerEpoch + place.step) / Math.max(last, 1);
      const least = Math.min(schedule.minimum, start);
      return least + ((start - least) * (1 + Math.cos(Math.PI * part))) / 2;
    }
    case "plateau": {
      const reductions = plateaus(place.history, schedule.patience);
      return Math.max(start * schedule.factor ** reductions, Math.min(schedule.minimum, start));
    }
  }
}

/** How often more than `patience` epochs in a row brought no better held-out -ELBO. */
function plateaus(history: readonly EpochMetrics[], patience: number): number {
  let best = Infinity;
  let waited = 0;
  let count = 0;
  for (const { test } of history) {
    waited = test.negativeElbo < best ? 0 : waited + 1;
    best = Math.min(best, test.negativeElbo);
    if (waited <= patience) continue;
    count += 1;
    waited = 0;
  }
  return count;
}
