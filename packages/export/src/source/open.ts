/** Opens a model.json for export: the structure by tf.js, each weight read from its shard when it is written. */
import { type ByteSource, readPieces, sha256Of } from "#files";
import { SourceError } from "../errors.js";
import { withoutInitializers } from "./initializers.js";
import { isModel, type LayersModelLike, readLayersModel } from "./layers-model.js";
import {
  build,
  isForeign,
  type LoadHandlerLike,
  loadLayersModel,
  type ModelFiles,
  openModelJson,
  type PlacedWeight,
  type WeightSpec,
  weightBytes,
} from "./load.js";
import { importLayers } from "./tensorflow.js";
import type { SourceModel } from "./types.js";
import { PIECE_ELEMENTS, type StoredWeight, type TensorLike, wholeWeight } from "./weights.js";

type Core = typeof import("@tensorflow/tfjs-core");

/** Above this, the source's hash would take longer than the export. */
const MAX_HASHED_BYTES = 2 ** 28;
const HASHED_PIECE = 2 ** 20;

export interface OpenedModel {
  source: SourceModel;
  /** The SHA-256 of model.json and its shards where there are such files. */
  metadata: Record<string, string>;
}

/**
 * The model without its weights in memory: tf.js builds it on zeros that are never touched, and says by
 * its own rules which weight belongs where. Models with weight constraints, which tf.js applies while it
 * loads, and those behind handlers are loaded in full. Throws what `loadLayersModel` throws.
 */
export async function openModel(location: string | LoadHandlerLike): Promise<OpenedModel> {
  if (typeof location !== "string" || isForeign(location)) {
    return { source: readLayersModel(await loadLayersModel(location)), metadata: {} };
  }
  const files = await openModelJson(location);
  const metadata = await hashes(files);
  const { core, layers } = await importLayers();
  const modelTopology = withoutInitializers(files.topology) as object;
  const model = await build(location, () =>
    layers.loadLayersModel(core.io.fromMemory({ modelTopology })),
  );
  if (!isModel(model)) {
    throw new SourceError(
      `${location} describes another of tf.js' classes, not a model. Save one with model.save().`,
    );
  }
  if (model.weights.some((weight) => constraintOf(weight) != null)) {
    model.dispose();
    return { source: readLayersModel(await loadLayersModel(location)), metadata };
  }
  const placed = await build(location, async () => bind(core, model, files.weights));
  const find = (tensor: TensorLike) => {
    const weight = placed.get(tensor.dataId as object);
    return weight && storedWeight(core, files, weight);
  };
  return { source: readLayersModel(model as LayersModelLike, find), metadata };
}

function constraintOf(weight: object): unknown {
  return "constraint" in weight ? weight.constraint : undefined;
}

/** Lets tf.js load zeros under the weights' names; by their identity each is found again in its layer. */
function bind(
  core: Core,
  model: import("@tensorflow/tfjs-layers").LayersModel,
  weights: readonly PlacedWeight[],
): Map<object, PlacedWeight> {
  const placed = new Map<object, PlacedWeight>();
  const named = weights
    .filter(({ spec }) => spec.group !== "optimizer")
    .map((weight) => {
      const { name, shape, dtype } = weight.spec;
      const zeros = core.zeros(shape, dtype as "float32");
      placed.set(zeros.dataId, weight);
      return [name, zeros] as const;
    });
  model.loadWeights(Object.fromEntries(named));
  core.dispose(named.map(([, zeros]) => zeros));
  return placed;
}

/** Plain float32 as it lies in the file; what is quantised, by tf.js' own decoding. */
function storedWeight(core: Core, { bytes }: ModelFiles, placed: PlacedWeight): StoredWeight {
  const { spec, offset } = placed;
  const length = weightBytes(spec);
  if (spec.quantization !== undefined) {
    return wholeWeight(() => decoded(core, spec, bytes.read(offset, length)));
  }
  return {
    get data() {
      return new Float32Array(bytes.read(offset, length).buffer);
    },
    pieces: () => floats(readPieces(bytes, { offset, length, most: 4 * PIECE_ELEMENTS })),
  };
}

function decoded(core: Core, spec: WeightSpec, stored: Uint8Array): Float32Array {
  const { [spec.name]: tensor } = core.io.decodeWeights(stored.buffer as ArrayBuffer, [spec]);
  const data = tensor?.dataSync() as Float32Array;
  tensor?.dispose();
  return data;
}

function* floats(pieces: Iterable<Uint8Array>): Generator<Float32Array> {
  for (const { buffer, byteLength } of pieces) yield new Float32Array(buffer, 0, byteLength / 4);
}

async function hashes({ document, bytes }: ModelFiles): Promise<Record<string, string>> {
  if (bytes.size > MAX_HASHED_BYTES) return { source_json_sha256: await sha256Of([document]) };
  return { source_sha256: await sha256Of(pieces(document, bytes)) };
}

function* pieces(document: Uint8Array, bytes: ByteSource): Generator<Uint8Array> {
  yield document;
  yield* readPieces(bytes, { offset: 0, length: bytes.size, most: HASHED_PIECE });
}
