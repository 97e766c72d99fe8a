/** A trained VAE as three ONNX graphs and the manifest that describes them. */
import {
  type GraphFile,
  type GraphName,
  parseManifest,
  type RunSummary,
  type VaeManifest,
} from "@vaeport/infer/manifest";
import type { RunnableModelLike } from "../source/tensorflow.js";
import { PRODUCER } from "../version.js";
import { checkVector } from "./check-vector.js";
import { decoderGraph, encoderGraph, scoreGraph } from "./graphs.js";
import { sha256 } from "./sha256.js";

/** What a run leaves behind: two LayersModels and the description of both. */
export interface TrainedVae {
  /**
   * x [N, ...data.shape] -> [mean, log_variance], each [N, k]; with a full covariance also the matrix [N, k, k] whose
   * part below the diagonal is the Cholesky factor's. With classes, `label` [N, classes] is a second input here and below.
   */
  encoder: RunnableModelLike;
  /**
   * z [N, k] -> [N, ...data.shape]: logits of a (continuous) Bernoulli likelihood, else the mean or location; beside it
   * the log-variance [N, 1, …] of a Gaussian whose variance is learned, the log-scale of a discretised logistic.
   */
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
 * Exports a VAE of any likelihood and posterior that the format has, conditional or not. The manifest's check vector is
 * computed by tf.js from the summary's example. Throws SourceError where models and summary disagree, and what
 * `exportOnnx` throws.
 */
export async function exportVae(vae: TrainedVae): Promise<ExportedVae> {
  const { encoder, decoder, summary, pictures = {} } = vae;
  const graphs: Record<GraphName, Uint8Array> = {
    encoder: encoderGraph(encoder, summary).bytes,
    decoder: decoderGraph(decoder, summary).bytes,
    score: scoreGraph(summary).bytes,
  };
  const { format: _format, version: _version, example, label, training, ...description } = summary;
  const { files, float32 } = await graphFiles(graphs);
  const manifest = parseManifest({
    format: "vaeport-vae",
    version: 1,
    ...description,
    variants: { float32 },
    check: await checkVector({
      encoder,
      decoder,
      description,
      example,
      label,
      seed: training.seed,
    }),
    training,
    producer: PRODUCER,
  });
  return { manifest, files, pictures };
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
