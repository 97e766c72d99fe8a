/** The typed errors of this package; every one of them is an `InferError`. */

/** What every error of this package is: catch it to tell ours from anyone else's. */
export class InferError extends Error {
  override readonly name: string = "InferError";
}

/** A manifest (or run summary) that breaks its format. */
export class ManifestError extends InferError {
  override readonly name = "ManifestError";
  /** Path of the field inside the document, such as `data.shape[1]`; empty for the document itself. */
  readonly field: string;
  /** What the field held. */
  readonly value: unknown;

  constructor(message: string, field: string, value: unknown, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
    this.value = value;
  }
}

/** A model folder, URL or file that cannot be found or read. */
export class SourceError extends InferError {
  override readonly name = "SourceError";
  /** True when another try may mend it: the network or the server failed. */
  readonly transient: boolean;

  constructor(message: string, options: ErrorOptions & { transient?: boolean } = {}) {
    super(message, options);
    this.transient = options.transient ?? false;
  }
}

/** A graph file that is not the one the manifest describes: size, SHA-256, inputs or outputs differ. */
export class ModelFileError extends InferError {
  override readonly name = "ModelFileError";
  readonly file: string;

  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.file = file;
  }
}

/** A sound model that asks for what this release does not run. */
export class UnsupportedModelError extends InferError {
  override readonly name = "UnsupportedModelError";
}

/** ONNX Runtime's package is not installed, or does not load on this machine (see `cause`). */
export class RuntimeMissingError extends InferError {
  override readonly name = "RuntimeMissingError";
  readonly package: string;

  constructor(packageName: string, cause: unknown) {
    super(
      `Cannot load ${packageName}, which runs the model. Install it with ` +
        `\`npm install ${packageName}@1.30.0\`; if it is installed, the cause says why it does not load.`,
      { cause },
    );
    this.package = packageName;
  }
}

/** An execution provider that no runtime of this package knows: a misspelt name. */
export class UnknownProviderError extends InferError {
  override readonly name = "UnknownProviderError";
}

/** One try to run the model on one execution provider. */
export interface Attempt {
  provider: string;
  ok: boolean;
  /** Why it was passed over; absent on success. */
  reason?: string;
  milliseconds: number;
}

/** No execution provider that was asked for runs the model. `cause` is an AggregateError of what each threw. */
export class ProviderError extends InferError {
  override readonly name = "ProviderError";
  readonly attempts: readonly Attempt[];

  constructor(message: string, attempts: readonly Attempt[], causes: readonly unknown[]) {
    super(message, { cause: new AggregateError(causes) });
    this.attempts = attempts;
  }
}

/** An argument of the wrong length, shape, type or range. */
export class InputError extends InferError {
  override readonly name = "InputError";
}

/**
 * What stopped a graph: the WebAssembly or worker thread (`trap`) or the GPU that it ran on is gone, memory ran out, or
 * anything else.
 */
export type RunFailure = "trap" | "device-lost" | "out-of-memory" | "other";

/** A graph that failed while it ran; `cause` is what ONNX Runtime threw. */
export class RunError extends InferError {
  override readonly name = "RunError";
  readonly reason: RunFailure;

  constructor(message: string, reason: RunFailure, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** A call on a model after its `dispose()`, or after a `reload()` that failed. */
export class DisposedError extends InferError {
  override readonly name = "DisposedError";
}
