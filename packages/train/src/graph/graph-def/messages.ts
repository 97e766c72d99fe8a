/**
 * The protocol buffer messages of a TensorFlow graph, as far as a captured program writes them.
 *
 * Field numbers and types from TensorFlow 2.21: tensorflow/core/protobuf/{saved_model,meta_graph}.proto and
 * tensorflow/core/framework/{graph,versions,node_def,attr_value,tensor,tensor_shape}.proto. Enumerations are
 * written as the int32 that they are on the wire.
 */
import protobuf from "protobufjs/light.js";

export interface ShapeMessage {
  dim: { size: number }[];
}

export interface TensorMessage {
  dtype: number;
  tensorShape: ShapeMessage;
  tensorContent: Uint8Array;
}

/** Exactly one field is set. */
export interface AttributeMessage {
  list?: { i?: number[]; f?: number[]; b?: boolean[] };
  s?: Uint8Array;
  i?: number;
  f?: number;
  b?: boolean;
  type?: number;
  shape?: ShapeMessage;
  tensor?: TensorMessage;
}

export interface NodeMessage {
  name: string;
  op: string;
  /** "node", "node:output" or, to wait for it alone, "^node". */
  input: string[];
  attr: Record<string, AttributeMessage>;
}

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: "repeated" });

const MESSAGES = {
  SavedModel: {
    fields: {
      savedModelSchemaVersion: field(1, "int64"),
      metaGraphs: repeated(2, "MetaGraphDef"),
    },
  },
  MetaGraphDef: {
    fields: { metaInfoDef: field(1, "MetaInfoDef"), graphDef: field(2, "GraphDef") },
  },
  MetaInfoDef: { fields: { tags: repeated(4, "string") } },
  GraphDef: { fields: { node: repeated(1, "NodeDef"), versions: field(4, "VersionDef") } },
  VersionDef: { fields: { producer: field(1, "int32") } },
  NodeDef: {
    fields: {
      name: field(1, "string"),
      op: field(2, "string"),
      input: repeated(3, "string"),
      attr: { id: 5, keyType: "string", type: "AttrValue" },
    },
  },
  AttrValue: {
    fields: {
      list: field(1, "ListValue"),
      s: field(2, "bytes"),
      i: field(3, "int64"),
      f: field(4, "float"),
      b: field(5, "bool"),
      type: field(6, "int32"),
      shape: field(7, "TensorShapeProto"),
      tensor: field(8, "TensorProto"),
    },
    oneofs: { value: { oneof: ["list", "s", "i", "f", "b", "type", "shape", "tensor"] } },
  },
  ListValue: {
    fields: { i: repeated(3, "int64"), f: repeated(4, "float"), b: repeated(5, "bool") },
  },
  TensorProto: {
    fields: {
      dtype: field(1, "int32"),
      tensorShape: field(2, "TensorShapeProto"),
      tensorContent: field(4, "bytes"),
    },
  },
  TensorShapeProto: { fields: { dim: repeated(2, "Dim") } },
  Dim: { fields: { size: field(1, "int64") } },
};

/** TF_GRAPH_DEF_VERSION of the operators' definitions that the nodes rely on (tensorflow/core/public/version.h). */
const PRODUCER = 1882;

/** The tag under which the one graph of the SavedModel is found. */
export const TAG = "serve";

/** The bytes of a `saved_model.pb` that holds these nodes. */
export function encodeSavedModel(nodes: readonly NodeMessage[]): Uint8Array {
  const root = protobuf.Root.fromJSON({ nested: MESSAGES });
  const message = {
    savedModelSchemaVersion: 1,
    metaGraphs: [
      {
        metaInfoDef: { tags: [TAG] },
        graphDef: { node: nodes, versions: { producer: PRODUCER } },
      },
    ],
  };
  return root.lookupType("SavedModel").encode(message).finish();
}
