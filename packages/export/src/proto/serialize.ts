/** Graph to the bytes of an ONNX file: the only user of protobufjs. */
import { onnx } from "#onnx";
import {
  type Attribute,
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

/** The ONNX file of a graph; the same graph gives the same bytes. */
export function serialize(graph: Graph, producer: { name: string; version: string }): Uint8Array {
  const model: onnx.ModelProto.$Properties = {
    irVersion: IR_VERSIONS[graph.opset] ?? 0,
    producerName: producer.name,
    producerVersion: producer.version,
    opsetImport: [{ domain: "", version: graph.opset }],
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: constantsOf(graph).map(tensorProto),
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

function tensorProto(constant: Constant): onnx.TensorProto.$Properties {
  const { name, dtype, shape } = constant;
  return { name, dims: [...shape], dataType: DATA_TYPES[dtype], rawData: littleEndian(constant) };
}

/** The elements as ONNX stores them, whatever the order of bytes in this machine. */
function littleEndian({ data }: Constant): Uint8Array {
  const native = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return native;
  const size = data.BYTES_PER_ELEMENT;
  return native.map((_, index) => native[index - (index % size) + size - 1 - (index % size)] ?? 0);
}
