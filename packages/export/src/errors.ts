/** The typed errors of this package; every one of them is an `ExportError`. */

/** What every error of this package is: catch it to tell ours from anyone else's. */
export class ExportError extends Error {
  override readonly name: string = "ExportError";
}

/** One thing of a model that cannot be exported exactly. */
export interface UnsupportedPart {
  /** Path of the layer, such as `encoder/lstm_1`. */
  layer: string;
  /** Its serialized class name. */
  className: string;
  reason: string;
}

/** All parts of a model (layers, activations, attributes) that have no exact ONNX form here. */
export class UnsupportedModelError extends ExportError {
  override readonly name = "UnsupportedModelError";
  readonly parts: readonly UnsupportedPart[];

  constructor(model: string, parts: readonly UnsupportedPart[]) {
    const lines = parts.map(
      ({ layer, className, reason }) => `  ${layer} (${className}): ${reason}`,
    );
    super(
      `Model "${model}" has ${parts.length === 1 ? "a part" : `${parts.length} parts`} that cannot be exported:\n` +
        `${lines.join("\n")}\n` +
        "Replace them by supported layers, or pass a function for the class in options.translators.",
    );
    this.parts = parts;
  }
}

/** Thrown by a translator for what its layer asks and cannot be given exactly. */
export class UnsupportedError extends ExportError {
  override readonly name = "UnsupportedError";
}

/** A translator failed, or returned something else than tf.js computes. */
export class TranslationError extends ExportError {
  override readonly name = "TranslationError";
  /** Path of the layer. */
  readonly layer: string;

  constructor(layer: string, className: string, problem: string, options?: ErrorOptions) {
    super(`Layer "${layer}" (${className}): ${problem}`, options);
    this.layer = layer;
  }
}

/** A graph breaks an invariant: the message says where. */
export class GraphError extends ExportError {
  override readonly name = "GraphError";
}

/** A graph pass failed, or left a graph that breaks an invariant. */
export class PassError extends ExportError {
  override readonly name = "PassError";
  readonly pass: string;
  /** The passes that had changed the graph before, in order. */
  readonly history: readonly string[];

  constructor(pass: string, history: readonly string[], cause: unknown) {
    const before = history.length === 0 ? "no other pass" : history.join(", ");
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Pass "${pass}" failed after ${before}: ${reason}`, { cause });
    this.pass = pass;
    this.history = history;
  }
}

/** What was to be read (a model, its files, a run) is missing, damaged or of another kind. */
export class SourceError extends ExportError {
  override readonly name = "SourceError";
}

/** The caller asked for something that contradicts itself or the model. */
export class OptionError extends ExportError {
  override readonly name = "OptionError";
}

/** The target exists and may not be overwritten, or cannot be written. */
export class TargetError extends ExportError {
  override readonly name = "TargetError";
}

/** A graph could not be run, or gives other numbers than tf.js, or than a VAE can. */
export class CheckError extends ExportError {
  override readonly name = "CheckError";
}

/** A package that this call needs is not installed. */
export class MissingPackageError extends ExportError {
  override readonly name = "MissingPackageError";

  constructor(packages: readonly string[], purpose: string, cause: unknown) {
    super(`${purpose} needs ${packages.join(", ")}. Install: npm install ${packages.join(" ")}`, {
      cause,
    });
  }
}
