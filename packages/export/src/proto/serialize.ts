/** Graph to the bytes of an ONNX file: the only user of protobufjs. */
import { onnx } from "#onnx";
import { OptionError } from "../errors.js";
import {
  type Attribute,
  byteLength,
  type Constant,
  constantsOf,
  type DataType,
  type Graph,
  type Node,
  type Value,
} from "../ir/types.js";
import { IR_VERSIONS } from "./versions.js";

const { AttributeType } = onnx.AttributeProto;
const { DataType: ProtoType } = onnx.TensorProto;
const DATA_TYPES: Readonly<Record<DataType, onnx.TensorProto.DataType>> = {
  bool: ProtoType.BOOL,
  float16: ProtoType.FLOAT16,
  float32: ProtoType.FLOAT,
  int8: ProtoType.INT8,
  int32: ProtoType.INT32,
  int64: ProtoType.INT64,
};

export interface Producer {
  name: string;
  version: string;
}

/** Protobuf ends at 2 GiB; some is left for what is not weights. */
export const MAX_INLINE_BYTES = 2 ** 31 - 2 ** 24;

/**
 * The ONNX file of a graph; the same graph gives the same bytes. Throws OptionError for weights that
 * one file cannot hold.
 */
export function serialize(graph: Graph, producer: Producer): Uint8Array {
  const bytes = weightBytes(graph);
  if (bytes > MAX_INLINE_BYTES) {
    throw new OptionError(
      `${bytes} bytes of weights do not fit one ONNX file, which ends at 2 GiB. ` +
        "Write them to a file of their own: exportOnnxFile does, and the command line without being asked.",
    );
  }
  return encode(graph, producer, (constant) => ({ rawData: littleEndian(constant.data) }));
}

export function weightBytes(graph: Graph): number {
  return constantsOf(graph).reduce((sum, constant) => sum + byteLength(constant), 0);
}

/** What an initializer holds beside its name, type and shape. */
export type Content = (constant: Constant) => onnx.TensorProto.$Properties;

export function encode(graph: Graph, producer: Producer, content: Content): Uint8Array {
  const model: onnx.ModelProto.$Properties = {
    irVersion: IR_VERSIONS[graph.opset] ?? 0,
    producerName: producer.name,
    producerVersion: producer.version,
    opsetImport: [{ domain: "", version: graph.opset }],
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: constantsOf(graph).map((constant) => ({
        ...tensorProto(constant),
        ...content(constant),
      })),
      input: graph.inputs.map(valueProto),
      output: graph.outputs.map(valueProto),
      valueInfo: innerValues(graph).map(valueProto),
    },
    metadataProps: Object.keys(graph.metadata)
      .sort()
      .map((key) => ({ key, value: graph.metadata[key] ?? "" })),
  };
  const bytes = onnx.ModelProto.encode(model).finish();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // a Buffer in Node
}

/** Values used inside only; their shapes are stored for whoever reads the file. */
function innerValues(graph: Graph): Value[] {
  const made = graph.nodes.flatMap((node) => node.outputs);
  return made.filter((value) => !graph.outputs.includes(value));
}

function nodeProto(node: Node): onnx.NodeProto.$Properties {
  return {
    name: node.outputs[0]?.name ?? "",
    opType: node.op,
    input: node.inputs.map((input) => input?.name ?? ""),
    output: node.outputs.map((output) => output.name),
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  };
}

function attributeProto(name: string, attribute: Attribute): onnx.AttributeProto.$Properties {
  switch (attribute.type) {
    case "int":
      return { name, type: AttributeType.INT, i: attribute.value };
    case "float":
      return { name, type: AttributeType.FLOAT, f: attribute.value };
    case "ints":
      return { name, type: AttributeType.INTS, ints: [...attribute.value] };
    case "floats":
      return { name, type: AttributeType.FLOATS, floats: [...attribute.value] };
    case "string":
      return { name, type: AttributeType.STRING, s: utf8(attribute.value) };
    case "strings":
      return { name, type: AttributeType.STRINGS, strings: attribute.value.map(utf8) };
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function valueProto({ name, dtype, shape }: Value): onnx.ValueInfoProto.$Properties {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: DATA_TYPES[dtype], shape: { dim } } } };
}

function tensorProto({ name, dtype, shape }: Constant): onnx.TensorProto.$Properties {
  return { name, dims: [...shape], dataType: DATA_TYPES[dtype] };
}

/** The elements as ONNX stores them, whatever the order of bytes in this machine. */
export function littleEndian(data: Constant["data"]): Uint8Array {
  const native = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return native;
  const size = data.BYTES_PER_ELEMENT;
  return native.map((_, index) => native[index - (index % size) + size - 1 - (index % size)] ?? 0);
}
