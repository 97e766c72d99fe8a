/** ONNX files as plain objects: a decoder of its own, straight from the specification. */
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const source = readFileSync(new URL("../../proto/onnx.proto", import.meta.url), "utf8");
const type = protobuf.parse(source).root.lookupType("onnx.ModelProto");

export function readModel(bytes: Uint8Array) {
  return type.toObject(type.decode(bytes), { longs: Number, enums: String, arrays: true });
}
