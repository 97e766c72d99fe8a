/** Float32 tensors as JSON records: base64 of little-endian bytes, and back. */
import { elementCount } from "../shape.js";
import { type Check, list, open, type Place, refuse, text, whole, within } from "./fields.js";
import type { TensorRecord } from "./types.js";

/** Elements an item or a stored tensor may have (256 MiB of float32). */
const MAX_ELEMENTS = 2 ** 26;
const MAX_RANK = 8;
const CHUNK = 0x8000;

/** A shape: 1 to 8 positive whole numbers whose product stays below 2^26. */
export const shape: Check<number[]> = (value, place) => {
  const sizes = list(whole(1, MAX_ELEMENTS), 1, MAX_RANK)(value, place);
  if (elementCount(sizes) <= MAX_ELEMENTS) return sizes;
  throw refuse(place, `at most ${MAX_ELEMENTS} elements`, sizes);
};

/** A tensor as a record. Throws ManifestError where data and shape disagree. */
export function encodeTensor(data: Float32Array, sizes: readonly number[]): TensorRecord {
  const place = { document: "encodeTensor", path: "shape" };
  const checked = shape([...sizes], place);
  if (elementCount(checked) !== data.length) {
    throw refuse(
      place,
      `a shape of ${data.length} elements`,
      checked,
      "Pass the data's own shape.",
    );
  }
  const bytes = new Uint8Array(data.length * 4);
  const view = new DataView(bytes.buffer);
  data.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return { shape: checked, data: btoa(binary) };
}

/** A record as a tensor. Throws ManifestError where it is malformed or its length is not its shape's. */
export function decodeTensor(record: TensorRecord): { data: Float32Array; shape: number[] } {
  const { values, shape } = readTensor(record, { document: "tensor record", path: "" });
  return { data: values, shape };
}

/** An untrusted record, checked, with its values decoded. */
function readTensor(value: unknown, place: Place): TensorRecord & { values: Float32Array } {
  const read = open(value, place);
  const sizes = read("shape", shape);
  const bytes = elementCount(sizes) * 4;
  const length = 4 * Math.ceil(bytes / 3);
  const data = read("data", text(length, length));
  const binary = base64(data, within(place, "data"));
  if (binary.length === bytes) return { shape: sizes, data, values: floats(binary) };
  throw refuse(within(place, "data"), `base64 of ${bytes} bytes`, `${binary.length} bytes`);
}

function base64(data: string, place: Place): string {
  try {
    return atob(data);
  } catch (cause) {
    throw refuse(place, "base64", data, undefined, cause);
  }
}

function floats(binary: string): Float32Array {
  const view = new DataView(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)).buffer);
  return Float32Array.from({ length: binary.length / 4 }, (_, index) =>
    view.getFloat32(index * 4, true),
  );
}

/** A record of finite values and exactly the expected shape; the record itself is given back. */
export function tensorRecord(expected: readonly number[]): Check<TensorRecord> {
  return (value, place) => {
    const { values, ...record } = readTensor(value, place);
    if (record.shape.join() !== expected.join()) {
      throw refuse(place, `a tensor of shape [${expected.join(", ")}]`, record.shape);
    }
    const wrong = values.find((element) => !Number.isFinite(element));
    if (wrong !== undefined) throw refuse(place, "finite values", wrong);
    return record;
  };
}
