/** A trained VAE as three ONNX graphs and the manifest that describes them. */
import {
  type GraphFile,
  type GraphName,
  parseManifest,
  type RunSummary,
  type VaeManifest,
} from "@vaeport/infer/manifest";
import type { Precision } from "../export-options.js";
import { sha256 } from "../sha256.js";
import type { RunnableModelLike } from "../source/tensorflow.js";
import { PRODUCER } from "../version.js";
import { checkVector } from "./check-vector.js";
import { decoderGraph, encoderGraph, type GraphOptions, scoreGraph } from "./graphs.js";
import type { RunGraph } from "./probe.js";
import { type LowerPrecision, lowerPrecisions, type Pair, variantErrors } from "./variants.js";

/** What a run leaves behind: two LayersModels and the description of both. */
export interface TrainedVae {
  /**
   * x [N, ...data.shape] -> [mean, log_variance], each [N, k]; with a full covariance also the matrix [N, k, k] whose
   * part below the diagonal is the Cholesky factor's. With classes, `label` [N, classes] is a second input, below too.
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
  /** columns.json, of items that are rows of a table. */
  columns?: Uint8Array;
}

/** Names the columns of the table that a model was trained on, in order, and how values of each were scaled. */
export const COLUMNS = "columns.json";

/** A model folder, not yet written: `writeModelFolder` writes it. */
export interface ExportedVae {
  manifest: VaeManifest;
  /** The graph files by the names that the manifest gives them. */
  files: Record<string, Uint8Array>;
  pictures: Readonly<Record<string, Uint8Array>>;
  /** columns.json, as it was given. */
  columns?: Uint8Array;
}

/** How the graphs of a VAE are written, and in which precisions. */
export interface ExportVaeOptions extends Omit<GraphOptions, "precision"> {
  /** Variants to write beside float32; "float16" and "int8" as in `ExportOptions`. */
  precisions?: readonly Precision[];
  /** Runs a graph, to measure what variants do to the numbers; needed for them. */
  run?: RunGraph;
}

/**
 * Exports a VAE of any likelihood and posterior that the format has, conditional or not. The manifest's check vector is
 * computed by tf.js from the summary's example. Throws SourceError where models and summary disagree, CheckError for a
 * variant whose numbers are not finite, and what `exportOnnx` throws.
 */
export async function exportVae(
  vae: TrainedVae,
  { precisions = [], run, ...options }: ExportVaeOptions = {},
): Promise<ExportedVae> {
  const { encoder, decoder, summary, pictures = {}, columns } = vae;
  const lower = lowerPrecisions(precisions);
  const pair = (precision: Precision): Pair => ({
    encoder: encoderGraph(encoder, summary, { ...options, precision }).bytes,
    decoder: decoderGraph(decoder, summary, { ...options, precision }).bytes,
  });
  const graphs: Record<GraphName, Uint8Array> = {
    ...pair("float32"),
    score: scoreGraph(summary, options).bytes,
  };
  const { format: _format, version: _version, example, label, training, ...description } = summary;
  const { files, float32 } = await graphFiles(graphs);
  const check = await checkVector({
    encoder,
    decoder,
    description,
    example,
    label,
    seed: training.seed,
  });
  const variants: VaeManifest["variants"] = { float32 };
  for (const precision of lower) {
    const variant = pair(precision);
    const own = await variantFiles(variant, precision);
    const errorAgainstFloat32 = await variantErrors(summary, check, graphs, variant, run);
    Object.assign(files, own.files);
    variants[precision] = { ...own.entries, score: float32.score, errorAgainstFloat32 };
  }
  const manifest = parseManifest({
    format: "vaeport-vae",
    version: 1,
    ...description,
    variants,
    check,
    training,
    producer: PRODUCER,
  });
  return { manifest, files, pictures, ...(columns && { columns }) };
}

/** Graphs as the files of a model folder, and their entries in the manifest. */
export async function graphFiles(
  graphs: Record<GraphName, Uint8Array>,
): Promise<{ files: Record<string, Uint8Array>; float32: Record<GraphName, GraphFile> }> {
  const float32 = {
    encoder: await graphFile("encoder.onnx", graphs.encoder),
    decoder: await graphFile("decoder.onnx", graphs.decoder),
    score: await graphFile("score.onnx", graphs.score),
  };
  const files = Object.entries(graphs).map(([name, bytes]) => [`${name}.onnx`, bytes]);
  return { files: Object.fromEntries(files), float32 };
}

/** `encoder.float16.onnx` and the like. */
async function variantFiles({ encoder, decoder }: Pair, precision: LowerPrecision) {
  const [encoderFile, decoderFile] = [`encoder.${precision}.onnx`, `decoder.${precision}.onnx`];
  return {
    files: { [encoderFile]: encoder, [decoderFile]: decoder },
    entries: {
      encoder: await graphFile(encoderFile, encoder),
      decoder: await graphFile(decoderFile, decoder),
    },
  };
}

async function graphFile(file: string, bytes: Uint8Array): Promise<GraphFile> {
  return { file, bytes: bytes.byteLength, sha256: await sha256(bytes) };
}
