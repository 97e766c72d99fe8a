/** Reads the SavedModels that are written, by the message classes that TensorFlow's own .proto files generated. */
import { createRequire } from "node:module";

interface Message {
  toObject(): Record<string, unknown>;
}
const require = createRequire(import.meta.url);
const { SavedModel } = require("@tensorflow/tfjs-node/dist/proto/api_pb") as {
  SavedModel: { deserializeBinary(bytes: Uint8Array): Message };
};

export interface ReadNode {
  name: string;
  op: string;
  inputList: string[];
  attrMap: [string, Record<string, unknown>][];
}

interface ReadModel {
  savedModelSchemaVersion: number;
  metaGraphsList: { metaInfoDef: { tagsList: string[] }; graphDef: { nodeList: ReadNode[] } }[];
}

export function readSavedModel(bytes: Uint8Array): ReadModel {
  return SavedModel.deserializeBinary(bytes).toObject() as unknown as ReadModel;
}

/** The nodes of its only graph. */
export function readNodes(bytes: Uint8Array): ReadNode[] {
  return readSavedModel(bytes).metaGraphsList[0]!.graphDef.nodeList;
}
