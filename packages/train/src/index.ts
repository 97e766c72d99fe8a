/** `@vaeport/train`: train a variational autoencoder from a configuration. */
export {
  configHash,
  configJsonSchema,
  parseConfig,
  readConfig,
  type TrainConfig,
  type TrainConfigInput,
} from "./config.js";
export { type Dataset, type Labels, loadDataset } from "./data/dataset.js";
export { readFashionMnist } from "./data/fashion-mnist.js";
export { type ByteArray, type IdxExpectation, parseIdx } from "./data/idx.js";
export { readMnist } from "./data/mnist.js";
export { type NumberArray, parseNpy } from "./data/npy.js";
export type { ReadOptions, ReadProgress } from "./data/reading.js";
export type { ByteImages } from "./data/source.js";
export {
  CheckpointError,
  ConfigError,
  type ConfigProblem,
  DataError,
  InterruptedError,
  MissingPackageError,
  NonFiniteLossError,
  OptionError,
  RunFolderError,
  RunWriteError,
  SweepError,
  TrainError,
} from "./errors.js";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluation/evaluate.js";
export {
  type EvaluateRunOptions,
  type EvaluationReport,
  evaluateRun,
} from "./evaluation/report.js";
export { drawPictures } from "./pictures/draw.js";
export type { PictureSource } from "./pictures/source.js";
export { type RunSummaryLine, type SweepSummary, summariseSweep } from "./sweep/summary.js";
export { type Changes, readSweep, runAt, type SweepRun } from "./sweep/sweep-file.js";
export { type RunOutcome, trainRun } from "./sweep/train-run.js";
export {
  type EpochMetrics,
  type LoopEvent,
  type LoopOptions,
  type Progress,
  trainEpochs,
} from "./training/loop.js";
export type { Losses, SetMetrics } from "./training/losses.js";
export { type Plan, planTraining } from "./training/plan.js";
export type { PlannedMemory } from "./training/planned-memory.js";
export { type ResumedEvent, type ResumeOptions, resume } from "./training/resume.js";
export { loadRun, type Run } from "./training/run-folder.js";
export type { Snapshot } from "./training/snapshot.js";
export type { Batch, Model } from "./training/step.js";
export { type TrainEvent, type TrainOptions, type TrainResult, train } from "./training/train.js";
export {
  checkData,
  createLikelihood,
  type DataParameters,
  type DecoderHead,
  type Likelihood,
} from "./vae/likelihood/index.js";
export {
  distortionOf,
  type ElboTerms,
  elboTerms,
  type Items,
  type ObjectiveWeights,
  objective,
  rateOf,
} from "./vae/objective.js";
export {
  type DiagonalPosterior,
  type FullPosterior,
  logPriorRatio,
  type Posterior,
  rate,
  rates,
  samplePosterior,
} from "./vae/posterior/index.js";
export { objectiveWeights, type Place, type StepWeights } from "./vae/schedule.js";
export {
  buildVae,
  type CallOptions,
  type DataDescription,
  type Vae,
  type VaeConfig,
  vaeOf,
} from "./vae/vae.js";
