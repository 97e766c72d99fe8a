/** Reader of NumPy's .npy files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { DataError } from "../errors.js";

/** An array in row-major order. */
export interface NumberArray {
  shape: number[];
  /** Bytes as they are, any other type as float32. */
  values: Uint8Array | Float32Array;
  /** What the file holds, in NumPy's words without the byte order: "u1", "f4". */
  type: string;
}

const MAGIC = "\u0093NUMPY";

type Read = (view: DataView, offset: number) => number;

/** Size in bytes and reader of an element, by NumPy's type without the byte order. */
const TYPES: Record<string, [bytes: number, read: (little: boolean) => Read]> = {
  b1: [1, () => (view, at) => view.getUint8(at)],
  u1: [1, () => (view, at) => view.getUint8(at)],
  i1: [1, () => (view, at) => view.getInt8(at)],
  u2: [2, (little) => (view, at) => view.getUint16(at, little)],
  i2: [2, (little) => (view, at) => view.getInt16(at, little)],
  u4: [4, (little) => (view, at) => view.getUint32(at, little)],
  i4: [4, (little) => (view, at) => view.getInt32(at, little)],
  i8: [8, (little) => (view, at) => Number(view.getBigInt64(at, little))],
  u8: [8, (little) => (view, at) => Number(view.getBigUint64(at, little))],
  f4: [4, (little) => (view, at) => view.getFloat32(at, little)],
  f8: [8, (little) => (view, at) => view.getFloat64(at, little)],
};

/** An array whose elements are read part by part, since that takes a while. */
export interface OpenArray extends NumberArray {
  /** Reads some of the elements into `values`. */
  convert(from: number, to: number): void;
}

/**
 * The array of a .npy file; bytes stay bytes, every other type becomes float32, whose rounding 64-bit numbers take.
 *
 * @param where how messages call the file
 * @throws DataError when the file is no .npy file, truncated or of another type of element
 */
export function parseNpy(bytes: Uint8Array, where = "npy data"): NumberArray {
  const { shape, type, values, convert } = openNpy(bytes, where);
  convert(0, values.length);
  return { shape, type, values: type === "u1" ? values.slice() : values };
}

/** As `parseNpy`, the elements yet to be converted; of bytes in row-major order, a view of those given. */
export function openNpy(bytes: Uint8Array, where: string): OpenArray {
  const fail = (message: string) => new DataError(`${where}: ${message}`);
  const text = (from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).toString("latin1");
  if (text(0, 6) !== MAGIC || bytes.length < 10) {
    throw fail("not a .npy file. Save it with numpy.save.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = view.getUint8(6) > 1; // version 1 has a length of two bytes, later ones of four
  const start = long ? 12 : 10;
  const data = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = text(start, data);
  const [, order, type] = /'descr':\s*'([<>|=]?)([a-z]\d+)'/.exec(header) ?? [];
  const [, axes] = /'shape':\s*\(([^)]*)\)/.exec(header) ?? [];
  if (type === undefined || axes === undefined) {
    throw fail(
      `its header is not readable (${header.trim()}). Save plain numbers with numpy.save.`,
    );
  }
  const known = TYPES[type];
  if (!known) throw fail(`holds elements of type ${type}. Save it as uint8 or float32.`);
  const [size, reader] = known;
  const shape = axes
    .split(",")
    .filter((axis) => axis.trim() !== "")
    .map(Number);
  const length = shape.reduce((product, axis) => product * axis, 1);
  if (bytes.length - data !== length * size) {
    throw fail(
      `${bytes.length - data < length * size ? "truncated" : "too long"}: ${bytes.length - data} bytes of ` +
        `elements, and shape [${shape.join(", ")}] of ${type} takes ${length * size}. Save it again.`,
    );
  }
  const place = /'fortran_order':\s*True/.test(header) ? columnMajor(shape) : undefined;
  if (type === "u1" && !place) {
    return { shape, type, values: bytes.subarray(data), convert: () => {} };
  }
  const read = reader(order !== ">");
  const values = type === "u1" ? new Uint8Array(length) : new Float32Array(length);
  const convert = (from: number, to: number) => {
    // A plain loop: `Float32Array.from` takes many times as long.
    for (let i = from; i < to; i++) values[i] = read(view, data + (place ? place(i) : i) * size);
  };
  return { shape, type, values, convert };
}

/** Where the element of a row-major index lies in column-major order, which NumPy calls Fortran's. */
function columnMajor(shape: readonly number[]): (index: number) => number {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  return (index) => {
    let [rest, at] = [index, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis]!;
      at += (rest % size) * strides[axis]!;
      rest = Math.floor(rest / size);
    }
    return at;
  };
}
