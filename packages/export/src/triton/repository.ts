/** A model folder as a Triton model repository: three graphs and two ensembles of them. */
import type { GraphName, VaeManifest } from "@vaeport/infer/manifest";
import { writeFolderWhole } from "#files";
import { OptionError } from "../errors.js";
import type { BorderTensor, GraphInterface } from "../proto/read-interface.js";
import { checkInterfaces, readInterfaces } from "../vae/interfaces.js";
import type { ModelFolder } from "../vae/read-model-folder.js";
import { PRODUCER } from "../version.js";
import { reconstructEnsemble, scoreEnsemble } from "./ensembles.js";
import {
  type BackendModel,
  type DynamicBatching,
  type ModelConfig,
  type ModelTensor,
  printModelConfig,
  type TritonDataType,
} from "./model-config.js";

/** How a server names and batches the models. */
export interface TritonOptions {
  /** What the models' names begin with; by default the manifest's name, made fit for a folder. */
  name?: string;
  /** Most items of one execution, 64 by default; Triton refuses larger requests. */
  maxBatchSize?: number;
  /** Batch sizes to run at once when they are reached; by default a quarter, a half and all of the largest. */
  preferredBatchSizes?: readonly number[];
  /** How long a request may wait for others to join it, in microseconds; 1000 by default. */
  maxQueueDelayMicroseconds?: number;
}

/** The models of a repository by what they do; the ensembles come last. */
export type TritonModelName = GraphName | "reconstruct" | "scoreItems";

/** A Triton model repository, not yet written. */
export interface TritonRepository {
  /** `config.name` is the name that clients ask for, and that of the model's folder. */
  models: Record<TritonModelName, ModelConfig>;
  /** The files by their path inside the repository. */
  files: Record<string, Uint8Array>;
  /** What may keep a server from loading it. */
  notes: string[];
}

/** Servers in use refuse later ones: https://github.com/triton-inference-server/server/issues/8001 */
const LATEST_IR_VERSION = 9;

/** The suffixes of the models' names. */
const SUFFIX: Readonly<Record<TritonModelName, string>> = {
  encoder: "_encoder",
  decoder: "_decoder",
  score: "_score_graph",
  reconstruct: "_reconstruct",
  scoreItems: "_score",
};

const DATA_TYPES: Readonly<Record<string, TritonDataType>> = {
  FLOAT: "TYPE_FP32",
  FLOAT16: "TYPE_FP16",
};

/** Object stores keep no empty folder, and an ensemble must have its version folder. */
const KEEP = "An ensemble has no file of its own; this one keeps its version folder.\n";

/**
 * The repository of a model folder. Throws OptionError for options out of range, SourceError for graphs
 * that are not what `vae.json` says.
 */
export function tritonRepository(
  { manifest, graphs }: ModelFolder,
  options: TritonOptions = {},
): TritonRepository {
  const interfaces = readInterfaces(graphs);
  checkInterfaces(manifest, interfaces);
  const batching = readBatching(options);
  const base = modelName(manifest, options.name);
  const model = (graph: GraphName) =>
    backendModel(base + SUFFIX[graph], interfaces[graph], batching);
  const configs = { encoder: model("encoder"), decoder: model("decoder"), score: model("score") };
  const models = {
    ...configs,
    reconstruct: reconstructEnsemble(base + SUFFIX.reconstruct, configs),
    scoreItems: scoreEnsemble(base + SUFFIX.scoreItems, configs),
  };
  const files = Object.entries(models).flatMap(([kind, config]) => {
    const content = graphs[kind as GraphName];
    return [
      [`${config.name}/config.pbtxt`, text(head(manifest) + printModelConfig(config))],
      content === undefined
        ? [`${config.name}/1/.keep`, text(KEEP)]
        : [`${config.name}/1/model.onnx`, content],
    ] as const;
  });
  return { models, files: Object.fromEntries(files), notes: notes(interfaces) };
}

/**
 * Writes the repository, all of it or nothing. Throws TargetError where the folder is not empty, and
 * with `force` if it is no repository of this model.
 */
export function writeTritonRepository(
  folder: string,
  { models, files }: TritonRepository,
  { force = false }: { force?: boolean } = {},
): void {
  writeFolderWhole(folder, files, { force, mark: models.reconstruct.name });
}

function backendModel(
  name: string,
  { inputs, outputs }: GraphInterface,
  { maxBatchSize, ...dynamic_batching }: Batching,
): BackendModel {
  return {
    name,
    backend: "onnxruntime",
    max_batch_size: maxBatchSize,
    input: inputs.map(modelTensor),
    output: outputs.map(modelTensor),
    dynamic_batching,
  };
}

/** `checkInterfaces` has seen that the type is one of ours, and every size but the batch is known. */
function modelTensor({ name, type, shape }: BorderTensor): ModelTensor {
  return { name, data_type: DATA_TYPES[type] as TritonDataType, dims: shape.slice(1).map(Number) };
}

function notes(interfaces: Record<GraphName, GraphInterface>): string[] {
  const late = Object.entries(interfaces).filter(
    ([, graph]) => graph.irVersion > LATEST_IR_VERSION,
  );
  return late.map(
    ([name, { irVersion }]) =>
      `The ${name} graph has IR version ${irVersion}; releases of Triton before ONNX Runtime 1.20 take ` +
      `${LATEST_IR_VERSION} at most.`,
  );
}

interface Batching extends DynamicBatching {
  maxBatchSize: number;
}

function readBatching({
  maxBatchSize = 64,
  preferredBatchSizes,
  maxQueueDelayMicroseconds: delay = 1000,
}: TritonOptions): Batching {
  needWhole("maxBatchSize", maxBatchSize, 1, 2 ** 31 - 1);
  needWhole("maxQueueDelayMicroseconds", delay, 0, Number.MAX_SAFE_INTEGER);
  for (const size of preferredBatchSizes ?? []) {
    needWhole(`preferredBatchSizes (maxBatchSize ${maxBatchSize})`, size, 1, maxBatchSize);
  }
  const parts = [4, 2, 1].map((share) => Math.ceil(maxBatchSize / share));
  const sizes = new Set(preferredBatchSizes ?? parts);
  return {
    maxBatchSize,
    preferred_batch_size: [...sizes].sort((a, b) => a - b),
    max_queue_delay_microseconds: delay,
  };
}

function needWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new OptionError(
    `${option}: expected a whole number from ${least} to ${most}, got ${value}.`,
  );
}

/** Letters, digits, "_" and "-", as folders, URLs and clients take them. */
function modelName({ name }: VaeManifest, wish?: string): string {
  const fit = (wish ?? name).replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  if (fit !== "" && (wish === undefined || fit === wish)) return fit;
  throw new OptionError(
    `name: expected letters, digits, "_" and "-", got ${JSON.stringify(wish ?? name)}. Pass another with --name (name).`,
  );
}

function head({ name }: VaeManifest): string {
  return `# ${JSON.stringify(name)}, written by ${PRODUCER.name} ${PRODUCER.version}.\n`;
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
