/** A point of a training that it can be continued from as if nothing had happened. */
import type { EngineState } from "./engine-state.js";
import type { EpochMetrics } from "./loop.js";
import type { LossSums } from "./losses.js";

/**
 * Shuffles and noise are functions of the seed, the epoch and the step, so their position is the number of whole
 * epochs, `metrics.length`, and the number of steps after them.
 */
export interface Snapshot {
  /** Of every whole epoch so far. */
  metrics: EpochMetrics[];
  /** Steps that are done of the epoch after those. */
  step: number;
  /** What these steps summed up. */
  sums: LossSums;
  /** What these steps took. */
  seconds: number;
  state: EngineState;
  /** Where a training stops early: the weights of the best epoch so far. */
  best?: EngineState;
}
