/**
 * Loads a tf.js LayersModel from `model.json` and its weight shards: a path, or an HTTP address.
 * Format: https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts
 * (`ModelJSON`).
 */
import { beside, readBytes } from "#files";
import { SourceError } from "../errors.js";
import { importLayers, type RunnableModelLike } from "./tensorflow.js";
import { checkTopology } from "./topology.js";

type WeightSpec = import("@tensorflow/tfjs-core").io.WeightsManifestEntry;

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

/**
 * The model, on the active tf.js backend or else on the one in plain JavaScript. Throws SourceError
 * for what is missing, damaged or no layers model, MissingPackageError where tf.js is not
 * installed.
 */
export async function loadLayersModel(location: string): Promise<RunnableModelLike> {
  const document = parseJson(await readBytes(location), location);
  const topology = document.modelTopology;
  if (document.format === "graph-model" || !isObject(topology)) {
    throw new SourceError(
      `${location} is not a tf.js layers model. Save one with model.save(), or convert with --output_format tfjs_layers_model.`,
    );
  }
  const groups = parseManifest(document.weightsManifest, location);
  const weightData = await readGroups(groups, location);
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  const { core, layers } = await importLayers();
  try {
    checkTopology(topology);
    const artifacts = { modelTopology: topology, weightSpecs, weightData };
    return await layers.loadLayersModel(core.io.fromMemory(artifacts));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError(`tf.js cannot build the model in ${location}: ${reason}`, { cause });
  }
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

/** All shards behind one another, each group held to the length that its weights ask for. */
async function readGroups(groups: readonly WeightGroup[], location: string): Promise<ArrayBuffer> {
  const shards: Uint8Array[] = [];
  for (const { paths, weights } of groups) {
    const own = await Promise.all(paths.map((path) => readBytes(beside(location, path))));
    const got = own.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const expected = weights.reduce((sum, spec) => sum + weightBytes(spec), 0);
    if (got !== expected) {
      throw new SourceError(
        `${location}: ${paths.join(", ")} should hold ${expected} bytes of weights, got ${got}. ` +
          "The file is damaged or of another model; copy or save it again.",
      );
    }
    shards.push(...own);
  }
  return join(shards);
}

function weightBytes(spec: WeightSpec): number {
  const count = spec.shape.reduce((product, size) => product * size, 1);
  return count * (storedBytes({ ...spec }) ?? 0);
}

function join(shards: readonly Uint8Array[]): ArrayBuffer {
  const joined = new Uint8Array(shards.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const shard of shards) {
    joined.set(shard, offset);
    offset += shard.byteLength;
  }
  return joined.buffer;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
