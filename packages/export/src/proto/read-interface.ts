/** What an ONNX file takes and gives: its head and borders are read, weights are passed over. */

import protobuf from "protobufjs/minimal.js";
import { onnx } from "#onnx";
import { SourceError } from "../errors.js";

/** A tensor at a graph's border. */
export interface BorderTensor {
  name: string;
  /** The element type by its name in onnx.proto, such as "FLOAT"; "UNDEFINED" for what is no tensor. */
  type: string;
  /** Known sizes, and the names of open ones ("?" for one without a name). */
  shape: (number | string)[];
}

export interface GraphInterface {
  irVersion: number;
  /** What wrote the file, such as pytorch and its version; empty where it does not say. */
  producer: { name: string; version: string };
  inputs: BorderTensor[];
  outputs: BorderTensor[];
  /** True where weights lie in another file. */
  externalData: boolean;
}

type GraphPart = Pick<GraphInterface, "inputs" | "outputs" | "externalData">;

/** What takes the fields of a message, by their numbers; other fields are passed over. */
type Fields = Readonly<Record<number, (reader: protobuf.Reader) => unknown>>;

/**
 * Inputs that are initializers too are left out: they have a value, so that nobody needs to feed them.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Throws SourceError, with
 * `file` in its message, for bytes that hold no ONNX graph.
 */
export function readInterface(bytes: Uint8Array, file: string): GraphInterface {
  let irVersion = 0;
  const producer = { name: "", version: "" };
  let graph: GraphPart | undefined;
  try {
    eachField(protobuf.Reader.create(bytes), {
      1: (reader) => {
        irVersion = Number(reader.int64());
      },
      2: (reader) => {
        producer.name = reader.string();
      },
      3: (reader) => {
        producer.version = reader.string();
      },
      7: (reader) => {
        graph = readGraph(open(reader));
      },
    });
  } catch (cause) {
    throw new SourceError(`${file} is no ONNX file, or is cut off. Export it again.`, { cause });
  }
  if (graph === undefined || graph.outputs.length === 0) {
    throw new SourceError(`${file} holds no ONNX graph. Export it again.`);
  }
  return { irVersion, producer, ...graph };
}

function readGraph(reader: protobuf.Reader): GraphPart {
  const graph: GraphPart = { inputs: [], outputs: [], externalData: false };
  const initializers = new Set<string>();
  const initializer: Fields = {
    8: (field) => initializers.add(field.string()),
    14: (field) => {
      graph.externalData ||= field.int32() === onnx.TensorProto.DataLocation.EXTERNAL;
    },
  };
  eachField(reader, {
    5: (field) => eachField(open(field), initializer),
    11: (field) => graph.inputs.push(readValue(open(field))),
    12: (field) => graph.outputs.push(readValue(open(field))),
  });
  graph.inputs = graph.inputs.filter(({ name }) => !initializers.has(name));
  return graph;
}

/** ValueInfoProto: the name, and of its TypeProto the tensor's element type and shape. */
function readValue(reader: protobuf.Reader): BorderTensor {
  const value: BorderTensor = { name: "", type: "UNDEFINED", shape: [] };
  const shape: Fields = { 1: (field) => value.shape.push(readDimension(open(field))) };
  const tensor: Fields = {
    1: (field) => {
      value.type = onnx.TensorProto.DataType[field.int32()] ?? "UNDEFINED";
    },
    2: (field) => eachField(open(field), shape),
  };
  const type: Fields = { 1: (field) => eachField(open(field), tensor) };
  eachField(reader, {
    1: (field) => {
      value.name = field.string();
    },
    2: (field) => eachField(open(field), type),
  });
  return value;
}

function readDimension(reader: protobuf.Reader): number | string {
  let size: number | string = "?";
  eachField(reader, {
    1: (field) => {
      size = Number(field.int64());
    },
    2: (field) => {
      size = field.string();
    },
  });
  return size;
}

/** A reader of the message that comes next. */
function open(reader: protobuf.Reader): protobuf.Reader {
  return protobuf.Reader.create(reader.bytes());
}

function eachField(reader: protobuf.Reader, fields: Fields): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const take = fields[tag >>> 3];
    if (take === undefined) reader.skipType(tag & 7);
    else take(reader);
  }
}
