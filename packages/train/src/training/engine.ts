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

/** What a step is taken on. */
export interface Batch {
  /** Indices into the training images. */
  rows: Int32Array;
  /** [seed, counter] */
  noise: Int32Array;
}

export interface Engine {
  /** Steps that are best taken in one call. */
  readonly stepsPerCall: number;
  /** Takes a step on each batch, in order; returns the [distortion, rate] of each, means over the batch in nats. */
  train(batches: readonly Batch[]): ArrayLike<number>[];
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
