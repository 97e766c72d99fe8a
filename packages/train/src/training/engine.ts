/** The two ways to compute training steps and evaluations; both give the same numbers. */
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import type { BatchEvaluator } from "../evaluation/evaluate.js";
import { createCapturedEngine } from "./captured-engine.js";
import { createEagerEngine } from "./eager-engine.js";
import type { EngineState } from "./engine-state.js";
import type { Model } from "./step.js";

/** What an engine is made for. */
export interface EngineOptions extends Model {
  dataset: Dataset;
  config: TrainConfig;
}

export interface Engine {
  /**
   * Trains on the images in `rows`; returns [distortion, rate], means over the batch in nats.
   *
   * @param rows indices into the training images
   * @param noise [seed, counter]
   */
  step(rows: Int32Array, noise: Int32Array): ArrayLike<number>;
  /** Measures held-out images with the weights as they are now. */
  readonly evaluator: BatchEvaluator;
  /** Brings the weights into the tf.Variables of the VAE. */
  synchronise(): void;
  /** Everything that the next step depends on, besides its arguments: weights, averages, the optimizer's state. */
  state(): Promise<EngineState>;
  /** Takes a state back, bit for bit. It is that of an engine of the same configuration. */
  restore(state: EngineState): Promise<void>;
  dispose(): void;
}

/** The engine that `config.training.engine` names. */
export function createEngine(options: EngineOptions): Engine {
  switch (options.config.training.engine) {
    case "captured":
      return createCapturedEngine(options);
    case "eager":
      return createEagerEngine(options);
  }
}
