/** The names of a model's inputs and outputs: what the format gives each graph, and that the graphs keep to it. */
import { ModelFileError } from "./errors.js";
import type { GraphName, VaeManifest } from "./manifest/types.js";
import type { Session } from "./runtime/types.js";
import type { Model } from "./source.js";

/** What the decoder gives, by the check vector: the reconstruction and the likelihood's natural parameters. */
export function decoderOutputs({ check }: VaeManifest): string[] {
  const names = ["reconstruction", "logits", "data_log_variance", "data_log_scale"];
  return names.filter((name) => Object.hasOwn(check.outputs, name));
}

/** The encoder's outputs: the mean, and the spread as the model's posterior has it. */
export function encoderOutputs({ latent }: VaeManifest): string[] {
  return ["mean", latent.posterior === "full" ? "scale_tril" : "log_variance"];
}

/** Inputs and outputs by name, as the format gives them: a graph may have more outputs, but no other inputs. */
export function checkInterface(
  { manifest, variant }: Model,
  sessions: Record<GraphName, Session>,
): void {
  const { encoder, decoder, score } = sessions;
  const label = manifest.condition === undefined ? [] : ["label"];
  requireNames(variant.encoder.file, "input", ["x", ...label], encoder.inputNames);
  requireNames(variant.encoder.file, "output", encoder.outputNames, encoderOutputs(manifest));
  requireNames(variant.decoder.file, "input", ["z", ...label], decoder.inputNames);
  requireNames(variant.decoder.file, "output", decoder.outputNames, decoderOutputs(manifest));
  const known = ["x", ...encoder.outputNames, ...decoder.outputNames];
  requireNames(variant.score.file, "input", known, score.inputNames);
  requireNames(variant.score.file, "output", score.outputNames, ["distortion", "rate"]);
}

function requireNames(
  file: string,
  kind: "input" | "output",
  available: readonly string[],
  needed: readonly string[],
): void {
  const missing = needed.filter((name) => !available.includes(name));
  if (missing.length === 0) return;
  throw new ModelFileError(
    file,
    `the ${kind} ${missing.join(", ")} does not fit the format, which knows ${available.join(", ")}. Export the model again.`,
  );
}
