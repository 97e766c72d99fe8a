/** A trained VAE as three ONNX graphs and the manifest that describes them. */
import {
  type GraphFile,
  type GraphName,
  type ModelDescription,
  parseManifest,
  type RunSummary,
  type VaeManifest,
} from "@vaeport/infer/manifest";
import { UnsupportedModelError, type UnsupportedPart } from "../errors.js";
import type { RunnableModelLike } from "../source/tensorflow.js";
import { PRODUCER } from "../version.js";
import { checkVector } from "./check-vector.js";
import { decoderGraph, encoderGraph, scoreGraph } from "./graphs.js";
import { sha256 } from "./sha256.js";

/** What a run leaves behind: two LayersModels and the description of both. */
export interface TrainedVae {
  /** x [N, ...data.shape] -> [mean, log_variance], each [N, k]. */
  encoder: RunnableModelLike;
  /** z [N, k] -> logits [N, ...data.shape]. */
  decoder: RunnableModelLike;
  summary: RunSummary;
  /** Pictures for the model card, by file name. */
  pictures?: Readonly<Record<string, Uint8Array>>;
}

export interface ExportedVae {
  manifest: VaeManifest;
  /** The graph files by the names that the manifest gives them. */
  files: Record<string, Uint8Array>;
  pictures: Readonly<Record<string, Uint8Array>>;
}

/**
 * Exports a VAE with Bernoulli likelihood and diagonal posterior. The manifest's check vector is
 * computed by tf.js from the summary's example. Throws UnsupportedModelError for another kind of
 * VAE, SourceError where models and summary disagree, and what `exportOnnx` throws.
 */
export async function exportVae(vae: TrainedVae): Promise<ExportedVae> {
  const { encoder, decoder, summary, pictures = {} } = vae;
  needSupported(summary);
  const shape = { item: summary.data.shape, latent: summary.latent.size };
  const graphs: Record<GraphName, Uint8Array> = {
    encoder: encoderGraph(encoder, shape).bytes,
    decoder: decoderGraph(decoder, shape).bytes,
    score: scoreGraph(shape).bytes,
  };
  const { format: _format, version: _version, example, training, ...description } = summary;
  const { files, float32 } = await graphFiles(graphs);
  const manifest = parseManifest({
    format: "vaeport-vae",
    version: 1,
    ...description,
    variants: { float32 },
    check: await checkVector({ encoder, decoder }, example, training.seed),
    training,
    producer: PRODUCER,
  });
  return { manifest, files, pictures };
}

/** Throws UnsupportedModelError for what has no graphs yet. */
export function needSupported({ name, latent, likelihood, condition }: ModelDescription): void {
  const parts: UnsupportedPart[] = [];
  const note = (layer: string, className: string, supported: string) =>
    parts.push({ layer, className, reason: `not supported yet (${supported})` });
  if (latent.posterior !== "diagonal") note("posterior", latent.posterior, "diagonal");
  if (likelihood.name !== "bernoulli") note("likelihood", likelihood.name, "bernoulli");
  if (condition !== undefined) note("condition", `${condition.classes} classes`, "none");
  if (parts.length > 0) throw new UnsupportedModelError(name, parts);
}

/** Graphs as the files of a model folder, and their entries in the manifest. */
export async function graphFiles(
  graphs: Record<GraphName, Uint8Array>,
): Promise<{ files: Record<string, Uint8Array>; float32: Record<GraphName, GraphFile> }> {
  const entry = async (name: GraphName): Promise<GraphFile> => {
    const bytes = graphs[name];
    return { file: `${name}.onnx`, bytes: bytes.byteLength, sha256: await sha256(bytes) };
  };
  const float32 = {
    encoder: await entry("encoder"),
    decoder: await entry("decoder"),
    score: await entry("score"),
  };
  const files = Object.entries(graphs).map(([name, bytes]) => [`${name}.onnx`, bytes]);
  return { files: Object.fromEntries(files), float32 };
}
