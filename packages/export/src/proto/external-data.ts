/**
 * ONNX files whose weights lie in a file beside them, written one at a time:
 * https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
import { onnx } from "#onnx";
import { GraphError } from "../errors.js";
import { byteLength, type Constant, constantsOf, type Graph, piecesOf } from "../ir/types.js";
import { encode, littleEndian, type Producer } from "./serialize.js";

/** Smaller constants stay in the model's file: shapes and axes among them, which readers need at once. */
const MIN_BYTES = 1024;
/** Offsets are multiples of a page, so that readers can map the file into memory. */
const PAGE = 4096;

/** A model's file, and what goes into the file beside it. */
export interface ExternalModel {
  bytes: Uint8Array;
  /** Length of the file beside it. */
  dataBytes: number;
  /** Its contents in order, each made when it is asked for. */
  data: () => Iterable<Uint8Array>;
}

/** `location` is the name of the file beside the model's. */
export function serializeExternal(
  graph: Graph,
  producer: Producer,
  location: string,
): ExternalModel {
  const offsets = new Map<Constant, number>();
  let end = 0;
  for (const constant of constantsOf(graph)) {
    if (byteLength(constant) < MIN_BYTES) continue;
    const offset = Math.ceil(end / PAGE) * PAGE;
    offsets.set(constant, offset);
    end = offset + byteLength(constant);
  }
  const bytes = encode(graph, producer, (constant) => {
    const offset = offsets.get(constant);
    if (offset === undefined) return { rawData: littleEndian(constant.data) };
    const entries = { location, offset: String(offset), length: String(byteLength(constant)) };
    return {
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  });
  return { bytes, dataBytes: end, data: () => contents(offsets) };
}

function* contents(offsets: ReadonlyMap<Constant, number>): Generator<Uint8Array> {
  let end = 0;
  for (const [constant, offset] of offsets) {
    if (offset > end) yield new Uint8Array(offset - end);
    end = offset;
    for (const piece of piecesOf(constant)) {
      end += piece.byteLength;
      yield littleEndian(piece);
    }
    if (end !== offset + byteLength(constant)) {
      throw new GraphError(`"${constant.name}" changed its size.`);
    }
  }
}
