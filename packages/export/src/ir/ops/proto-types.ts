/** Numbers of element types, as attributes name them. */
import type { DataType } from "../types.js";

/** `TensorProto.DataType`: https://onnx.ai/onnx/api/classes.html#tensorproto */
export const PROTO_TYPES: Readonly<Record<DataType, number>> = {
  float32: 1,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
