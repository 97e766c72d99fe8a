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

/** The loss became infinite or NaN; `epoch` and `step` count from 1. */
export class NonFiniteLossError extends TrainError {
  override readonly name = "NonFiniteLossError";
  readonly epoch: number;
  readonly step: number;

  constructor(epoch: number, step: number, losses: { distortion: number; rate: number }) {
    super(
      `The loss is not finite in epoch ${epoch}, step ${step}: distortion ${losses.distortion}, ` +
        `rate ${losses.rate}. Try a smaller training.optimizer.learningRate (a tenth), ` +
        "a larger training.batchSize, or another seed.",
    );
    this.epoch = epoch;
    this.step = step;
  }
}

/** Training was stopped by its signal, in `epoch` (from 1). */
export class InterruptedError extends TrainError {
  override readonly name = "InterruptedError";
  readonly epoch: number;

  constructor(epoch: number, epochs: number) {
    const kept =
      epoch > 1
        ? `; the weights after epoch ${epoch - 1} are in the run folder, in checkpoints/`
        : "";
    super(`Interrupted in epoch ${epoch} of ${epochs}${kept}.`);
    this.epoch = epoch;
  }
}

/** A run folder is in the way, is not one, or is not complete. */
export class RunFolderError extends TrainError {
  override readonly name = "RunFolderError";
}
