/** Typed errors of the trainer: each message says where, what was wrong, the value and the remedy. */

/** Base of every error that the trainer throws on purpose. */
export class TrainError extends Error {
  override readonly name: string = "TrainError";
}

/** A fault in a configuration: where it is, and what is wrong there. */
export interface ConfigProblem {
  /** Path of the key, as `model.layers[0].stride`; empty for the whole configuration. */
  path: string;
  message: string;
}

/** A configuration is not valid; every problem is listed, not the first alone. */
export class ConfigError extends TrainError {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(where: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    super(
      lines.length === 1
        ? `${where}: ${lines[0]}`
        : `${where}: ${lines.length} problems\n${lines.map((line) => `  ${line}`).join("\n")}`,
      options,
    );
    this.problems = problems;
  }
}

/** An option of a call is out of its range, such as more items than the data has. */
export class OptionError extends TrainError {
  override readonly name = "OptionError";
}

/** A data file is corrupt, truncated, not the expected one, or does not fit the configuration. */
export class DataError extends TrainError {
  override readonly name = "DataError";
}

/** An optional package is not installed; the message holds the command that installs it. */
export class MissingPackageError extends TrainError {
  override readonly name = "MissingPackageError";
  readonly package: string;

  constructor(packageName: string, version: string, purpose: string, options?: ErrorOptions) {
    super(
      `The package ${packageName} (${purpose}) is not installed. Run: npm install ${packageName}@${version}`,
      options,
    );
    this.package = packageName;
  }
}

const FROM_THE_START =
  "Nothing was learned yet: scale the data (data.scale of a CSV file), or start at its mean (model.outputBias).";
const LATER =
  "Try a smaller training.optimizer.learningRate (a tenth), a larger training.batchSize, or another seed.";

/** The loss became infinite or NaN; `epoch` and `step` count from 1. */
export class NonFiniteLossError extends TrainError {
  override readonly name = "NonFiniteLossError";
  readonly epoch: number;
  readonly step: number;

  constructor(epoch: number, step: number, losses: { distortion: number; rate: number }) {
    super(
      `The loss is not finite in epoch ${epoch}, step ${step}: distortion ${losses.distortion}, ` +
        `rate ${losses.rate}. ${epoch === 1 && step === 1 ? FROM_THE_START : LATER}`,
    );
    this.epoch = epoch;
    this.step = step;
  }
}

/**
 * Training was stopped by its signal, in `epoch` (from 1; 0 while data was read, when nothing is written); with a run
 * folder, everything so far is saved there.
 */
export class InterruptedError extends TrainError {
  override readonly name = "InterruptedError";
  readonly epoch: number;

  constructor(epoch: number, epochs = 0, runFolder?: string) {
    const place =
      epoch === 0
        ? "while the data was read. Nothing was written."
        : `in epoch ${epoch} of ${epochs}.`;
    const saved =
      runFolder === undefined
        ? ""
        : ` Everything so far is saved. Continue with: vaeport-train resume ${runFolder}`;
    super(`Interrupted ${place}${saved}`);
    this.epoch = epoch;
  }
}

/** A run folder is in the way, is not one, is not complete, or is not as its checkpoints say. */
export class RunFolderError extends TrainError {
  override readonly name = "RunFolderError";
}

/** A checkpoint is damaged, or none of a run's is sound. */
export class CheckpointError extends TrainError {
  override readonly name = "CheckpointError";
  /** Folder of the checkpoint, or of all. */
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}

/** A file of a run cannot be written: disk full, quota, permissions. Whatever was saved before is whole. */
export class RunWriteError extends TrainError {
  override readonly name = "RunWriteError";

  /** @param next how to go on once there is room */
  constructor(
    runFolder: string,
    cause: unknown,
    next = `continue with: vaeport-train resume ${runFolder}`,
  ) {
    super(
      `${runFolder}: cannot be written (${(cause as Error).message}). What was saved before is whole. ` +
        `Make room or allow writing, then ${next}`,
      { cause },
    );
  }
}

/** A sweep asks for a run that it does not have, or its folder holds another sweep's. */
export class SweepError extends TrainError {
  override readonly name = "SweepError";
}
