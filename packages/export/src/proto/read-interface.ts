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
  inputs: BorderTensor[];
  outputs: BorderTensor[];
}

/** Called with the number of each field of a message; what it leaves alone is passed over. */
type Field = (number: number, reader: protobuf.Reader) => boolean;

/**
 * Inputs that are initializers too are left out: they have a value, so that nobody needs to feed them.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Throws SourceError, with
 * `file` in its message, for bytes that hold no ONNX graph.
 */
export function readInterface(bytes: Uint8Array, file: string): GraphInterface {
  let irVersion = 0;
  let graph: Omit<GraphInterface, "irVersion"> | undefined;
  try {
    eachField(protobuf.Reader.create(bytes), (number, reader) => {
      if (number === 1) irVersion = Number(reader.int64());
      else if (number === 7) graph = readGraph(open(reader));
      return number === 1 || number === 7;
    });
  } catch (cause) {
    throw new SourceError(`${file} is no ONNX file, or is cut off. Export it again.`, { cause });
  }
  if (graph === undefined || graph.outputs.length === 0) {
    throw new SourceError(`${file} holds no ONNX graph. Export it again.`);
  }
  return { irVersion, ...graph };
}

function readGraph(reader: protobuf.Reader): Omit<GraphInterface, "irVersion"> {
  const inputs: BorderTensor[] = [];
  const outputs: BorderTensor[] = [];
  const initializers = new Set<string>();
  eachField(reader, (number, field) => {
    if (number === 5) initializers.add(readName(open(field), 8));
    else if (number === 11) inputs.push(readValue(open(field)));
    else if (number === 12) outputs.push(readValue(open(field)));
    return number === 5 || number === 11 || number === 12;
  });
  return { inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs };
}

/** ValueInfoProto: the name, and of its TypeProto the tensor's element type and shape. */
function readValue(reader: protobuf.Reader): BorderTensor {
  const value: BorderTensor = { name: "", type: "UNDEFINED", shape: [] };
  const shape = nest(1, (field) => value.shape.push(readDimension(open(field))));
  const tensor: Field = (number, field) => {
    if (number === 1) value.type = onnx.TensorProto.DataType[field.int32()] ?? "UNDEFINED";
    else if (number === 2) eachField(open(field), shape);
    return number === 1 || number === 2;
  };
  const type = nest(1, (field) => eachField(open(field), tensor));
  eachField(reader, (number, field) => {
    if (number === 1) value.name = field.string();
    else if (number === 2) eachField(open(field), type);
    return number === 1 || number === 2;
  });
  return value;
}

function readDimension(reader: protobuf.Reader): number | string {
  let size: number | string = "?";
  eachField(reader, (number, field) => {
    if (number === 1) size = Number(field.int64());
    else if (number === 2) size = field.string();
    return number === 1 || number === 2;
  });
  return size;
}

function readName(reader: protobuf.Reader, at: number): string {
  let name = "";
  eachField(
    reader,
    nest(at, (field) => {
      name = field.string();
    }),
  );
  return name;
}

/** Takes the fields of one number, and no other. */
function nest(at: number, take: (reader: protobuf.Reader) => void): Field {
  return (number, reader) => {
    if (number === at) take(reader);
    return number === at;
  };
}

/** A reader of the message that comes next. */
function open(reader: protobuf.Reader): protobuf.Reader {
  return protobuf.Reader.create(reader.bytes());
}

function eachField(reader: protobuf.Reader, take: Field): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!take(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}
