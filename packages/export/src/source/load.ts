/**
 * Loads a tf.js LayersModel from `model.json` and its weight shards: a path, or an HTTP address.
 * Format: https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts
 * (`ModelJSON`).
 */
import { type ByteFile, type ByteSource, beside, joinFiles, openFile, readBytes } from "#files";
import { SourceError } from "../errors.js";
import { withoutInitializers } from "./initializers.js";
import { importLayers, type RunnableModelLike } from "./tensorflow.js";
import { checkTopology, isObject } from "./topology.js";

export type WeightSpec = import("@tensorflow/tfjs-core").io.WeightsManifestEntry;

interface WeightGroup {
  paths: string[];
  weights: WeightSpec[];
}

/** Bytes of one element as stored, quantised or not. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** What is used of `tf.io.IOHandler`. */
export interface LoadHandlerLike {
  load?(): Promise<import("@tensorflow/tfjs-core").io.ModelArtifacts>;
}

/** A weight, and where its bytes start among those of all shards. */
export interface PlacedWeight {
  spec: WeightSpec;
  offset: number;
}

/** A model.json that was read, and its shards, which are not. */
export interface ModelFiles {
  document: Uint8Array;
  topology: object;
  weights: PlacedWeight[];
  bytes: ByteSource;
}

/**
 * The model behind a path, an address or a handler of `tf.io`, on the active tf.js backend or else on
 * the one in plain JavaScript. Addresses of schemes other than http, https and file go to the handler
 * that tf.js knows for them. Initializers from a file become zeros, as its weights replace them. Throws
 * SourceError for what is missing, damaged or no layers model, MissingPackageError where tf.js is not
 * installed.
 */
export async function loadLayersModel(
  source: string | LoadHandlerLike,
): Promise<RunnableModelLike> {
  const { core, layers } = await importLayers();
  if (typeof source !== "string")
    return build("the handler's artifacts", () => layers.loadLayersModel(source));
  if (isForeign(source)) {
    const [handler, ...more] = core.io.getLoadHandlers(source);
    if (handler !== undefined && more.length === 0)
      return build(source, () => layers.loadLayersModel(handler));
    throw new SourceError(
      `${more.length + (handler ? 1 : 0)} handlers of tf.io know ${source}. Register one, or pass a path or an http(s) address.`,
    );
  }
  const { topology, weights, bytes } = await openModelJson(source);
  const artifacts = {
    modelTopology: withoutInitializers(topology) as object,
    weightSpecs: weights.map(({ spec }) => spec),
    weightData: bytes.read(0, bytes.size).buffer as ArrayBuffer,
  };
  return build(source, () => layers.loadLayersModel(core.io.fromMemory(artifacts)));
}

/** An address such as indexeddb://name. */
export function isForeign(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location) && !/^(https?|file):/i.test(location);
}

/** Lets tf.js make a model, and says what was read where it cannot. */
export async function build<T>(source: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError(`tf.js cannot build the model in ${source}: ${reason}`, { cause });
  }
}

/** Reads model.json and finds its weights. Throws SourceError where either does not fit. */
export async function openModelJson(location: string): Promise<ModelFiles> {
  const document = await readBytes(location);
  const { format, modelTopology, weightsManifest } = parseJson(document, location);
  if (format === "graph-model" || !isObject(modelTopology)) {
    throw new SourceError(
      `${location} is not a tf.js layers model. Save one with model.save(), or convert with --output_format tfjs_layers_model.`,
    );
  }
  const groups = parseManifest(weightsManifest, location);
  const files = await Promise.all(groups.map((group) => openGroup(group, location)));
  await build(location, async () => checkTopology(modelTopology));
  let offset = 0;
  const weights = groups
    .flatMap((group) => group.weights)
    .map((spec) => {
      const placed = { spec, offset };
      offset += weightBytes(spec);
      return placed;
    });
  return { document, topology: modelTopology, weights, bytes: joinFiles(files.flat()) };
}

function parseJson(bytes: Uint8Array, location: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isObject(value)) return value;
  } catch (cause) {
    throw new SourceError(`${location} is not JSON. Pass the model.json of a tf.js model.`, {
      cause,
    });
  }
  throw new SourceError(`${location} holds no JSON object. Pass the model.json of a tf.js model.`);
}

function parseManifest(value: unknown, location: string): WeightGroup[] {
  const groups: unknown[] = Array.isArray(value) ? value : [undefined];
  return groups.map((group, index) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (Array.isArray(paths) && paths.every(isPlainPath) && Array.isArray(weights)) {
      if (weights.every(isWeightSpec)) return { paths, weights };
    }
    throw new SourceError(
      `${location}, weightsManifest[${index}]: expected paths inside the model's folder and weights with name, shape ` +
        "and dtype. Save the model again.",
    );
  });
}

/** A shard lies in the folder of model.json or below it. */
function isPlainPath(path: unknown): path is string {
  return typeof path === "string" && !/^[\\/]|^[a-z]+:|(^|[\\/])\.\.([\\/]|$)/i.test(path);
}

function isWeightSpec(value: unknown): value is WeightSpec {
  if (!isObject(value) || typeof value.name !== "string" || !Array.isArray(value.shape)) {
    return false;
  }
  const sizes: unknown[] = value.shape;
  return storedBytes(value) !== undefined && sizes.every((size) => Number.isSafeInteger(size));
}

/** Bytes of one stored element; undefined for a type that a layers model does not hold. */
function storedBytes(spec: Record<string, unknown>): number | undefined {
  const { quantization } = spec;
  const dtype = isObject(quantization) ? quantization.dtype : spec.dtype;
  return typeof dtype === "string" ? ELEMENT_BYTES[dtype] : undefined;
}

/** The shards of a group, held to the length that its weights ask for. */
async function openGroup({ paths, weights }: WeightGroup, location: string): Promise<ByteFile[]> {
  const files = await Promise.all(paths.map((path) => openFile(beside(location, path))));
  const got = files.reduce((sum, { size }) => sum + size, 0);
  const expected = weights.reduce((sum, spec) => sum + weightBytes(spec), 0);
  if (got === expected) return files;
  throw new SourceError(
    `${location}: ${paths.join(", ")} should hold ${expected} bytes of weights, got ${got}. ` +
      "The file is damaged or of another model; copy or save it again.",
  );
}

export function weightBytes(spec: WeightSpec): number {
  const count = spec.shape.reduce((product, size) => product * size, 1);
  return count * (storedBytes({ ...spec }) ?? 0);
}
