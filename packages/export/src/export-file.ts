/** Exports to disk: large weights are read, converted and written piece by piece. */
import { beside, nameOf, needFree, writeFilesWhole } from "#files";
import { type ExportOptions, sourceGraph } from "./export-onnx.js";
import { joinMetadata, needOptions } from "./export-options.js";
import type { Graph } from "./ir/types.js";
import { serializeExternal } from "./proto/external-data.js";
import { MAX_INLINE_BYTES, serialize, weightBytes } from "./proto/serialize.js";
import { type LayersModelLike, readLayersModel } from "./source/layers-model.js";
import type { LoadHandlerLike } from "./source/load.js";
import { openModel } from "./source/open.js";
import type { SourceModel } from "./source/types.js";
import { PRODUCER } from "./version.js";

/** What an export to disk may be told, besides what `exportOnnx` may. */
export interface FileOptions extends ExportOptions {
  /**
   * Weights in a file of their own beside the model's, `<name>.data`. By default only where they take
   * more than 2 GB, which one ONNX file cannot hold.
   */
  externalData?: boolean;
  /** Replace files that exist. */
  force?: boolean;
  /** Called as bytes are written. */
  onProgress?: (written: number, total: number) => void;
}

/** What an export has written. */
export interface ExportedFiles {
  graph: Graph;
  /** The model's file, then that of its weights, if any. */
  files: { path: string; bytes: number }[];
}

/**
 * Writes a model to an ONNX file: a LayersModel in memory, a path or address of a model.json, or a
 * handler of `tf.io`. From a path, no more than one weight is in memory at a time where weights are
 * external. Throws TargetError for files that exist, and what `exportOnnx` and `loadLayersModel` throw.
 */
export async function exportOnnxFile(
  model: LayersModelLike | string | LoadHandlerLike,
  path: string,
  options: FileOptions = {},
): Promise<ExportedFiles> {
  needFree([path], needOptions(options).force ?? false);
  const graph = isStored(model)
    ? openedGraph(await openModel(model), options)
    : sourceGraph(readLayersModel(model as LayersModelLike), options);
  return writeGraph(graph, path, options);
}

/** Whether a model is still to be read: from an address, or by a handler. */
function isStored(model: unknown): model is string | LoadHandlerLike {
  if (typeof model === "string") return true;
  return typeof model === "object" && model !== null && !("outputs" in model);
}

/** The graph of a model that was opened; what its files hash to is in the metadata. */
export function openedGraph(
  { source, metadata }: { source: SourceModel; metadata: Record<string, string> },
  options: ExportOptions,
): Graph {
  return sourceGraph(source, { ...options, metadata: joinMetadata(metadata, options.metadata) });
}

/** True where a graph's weights are written to a file of their own. */
function isExternal(graph: Graph, { externalData }: FileOptions): boolean {
  return externalData ?? weightBytes(graph) > MAX_INLINE_BYTES;
}

/** Writes a graph, its weights piece by piece. */
export function writeGraph(graph: Graph, path: string, options: FileOptions): ExportedFiles {
  const { force = false, onProgress } = options;
  const name = `${nameOf(path)}.data`;
  const external = isExternal(graph, options);
  const { bytes, dataBytes, data } = external
    ? serializeExternal(graph, PRODUCER, name)
    : { bytes: serialize(graph, PRODUCER), dataBytes: 0, data: () => [] };
  if (dataBytes === 0) {
    writeFilesWhole([{ path, pieces: [bytes] }], force);
    return { graph, files: [{ path, bytes: bytes.length }] };
  }
  const dataPath = beside(path, name);
  const files = [
    { path, pieces: [bytes] },
    { path: dataPath, pieces: counted(data(), dataBytes, onProgress) },
  ];
  writeFilesWhole(files, force);
  return {
    graph,
    files: [
      { path, bytes: bytes.length },
      { path: dataPath, bytes: dataBytes },
    ],
  };
}

function* counted(
  pieces: Iterable<Uint8Array>,
  total: number,
  onProgress: FileOptions["onProgress"],
): Generator<Uint8Array> {
  let written = 0;
  for (const piece of pieces) {
    yield piece;
    written += piece.length;
    onProgress?.(written, total);
  }
}
