/** The two ways to compute training steps and evaluations; both give the same numbers. */
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import type { BatchEvaluator } from "../evaluation/evaluate.js";
import type { StepWeights } from "../vae/schedule.js";
import type { Vae } from "../vae/vae.js";
import { createCapturedEngine } from "./captured-engine.js";
import { createEagerEngine } from "./eager-engine.js";
import type { EngineState } from "./engine-state.js";
import type { StepReport } from "./losses.js";
import type { Model } from "./step.js";

/** What an engine is made for. */
export interface EngineOptions extends Model {
  dataset: Dataset;
  config: TrainConfig;
  /** Holds the moving average of the weights, of which held-out items are then measured. */
  average?: Vae | undefined;
}

/** What a step is taken on. */
export interface Step {
  /** Indices into the training images. */
  rows: Int32Array;
  /** [seed, counter] */
  noise: Int32Array;
  weights: StepWeights;
  learningRate: number;
  /** Part of the weights' average that is kept; see `moveAverage`. */
  averageDecay: number;
}

export interface Engine {
  /** Steps that are best taken in one call. */
  readonly stepsPerCall: number;
  /** Takes the steps, in order. */
  train(steps: readonly Step[]): StepReport[];
  /** Moves the weights' average, where there is one, towards the weights as they are now. */
  moveAverage(decay: number): void;
  /** Measures held-out images with the weights as they are now, or with their average. */
  readonly evaluator: BatchEvaluator;
  /** Brings the weights and their average into the tf.Variables of the VAEs. */
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
