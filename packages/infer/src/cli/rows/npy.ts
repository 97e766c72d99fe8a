/** Heads of NumPy's .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { InputError } from "../../errors.js";
import { elementCount } from "../../shape.js";

/** One float32 array of every row, of this shape; [] is a single number. */
export interface Column {
  name: string;
  shape: readonly number[];
}

export interface NpyHead {
  /** As NumPy writes it, such as `<f4`. */
  type: string;
  shape: number[];
  /** Where the elements begin. */
  offset: number;
}

const MAGIC = "\x93NUMPY";
const ALIGNMENT = 64;

/** The bytes of one row, its columns one behind another. */
export function rowBytes(columns: readonly Column[]): number {
  return columns.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
}

/** The head of a file of rows: a plain array of one column, a structured array of several (`array["mean"]`). */
export function printNpyHead(columns: readonly Column[], rows: number): Buffer {
  const tuple = (sizes: readonly number[]) => `(${sizes.map((size) => `${size},`).join(" ")})`;
  const [only, ...more] = columns;
  const field = ({ name, shape }: Column) =>
    shape.length === 0 ? `('${name}', '<f4')` : `('${name}', '<f4', ${tuple(shape)})`;
  const plain = more.length === 0;
  const type = plain ? "'<f4'" : `[${columns.map(field).join(", ")}]`;
  const shape = tuple(plain ? [rows, ...(only?.shape ?? [])] : [rows]);
  const text = `{'descr': ${type}, 'fortran_order': False, 'shape': ${shape}, }`;
  const bare = MAGIC.length + 4 + text.length + 1;
  const padded = `${text}${" ".repeat((ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT)}\n`;
  const prefix = Buffer.from([...Buffer.from(MAGIC, "latin1"), 1, 0, 0, 0]);
  prefix.writeUInt16LE(padded.length, 8);
  return Buffer.concat([prefix, Buffer.from(padded, "latin1")]);
}

/** The head in a file's first bytes. Throws InputError for what is no .npy file of a plain array in C order. */
export function parseNpyHead(bytes: Buffer, file: string): NpyHead {
  if (bytes.toString("latin1", 0, 6) !== MAGIC) {
    throw new InputError(`${file}: expected a .npy file; its first bytes are another format's.`);
  }
  const start = bytes[6] === 1 ? 10 : 12;
  requireBytes(file, start, bytes.length);
  const length = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  requireBytes(file, start + length, bytes.length);
  const text = bytes.toString("latin1", start, start + length);
  const type = /'descr': *'([^']+)'/.exec(text)?.[1];
  const shape = /'shape': *\(([^)]*)\)/.exec(text)?.[1];
  if (type === undefined || shape === undefined || /'fortran_order': *True/.test(text)) {
    throw new InputError(
      `${file}: expected a plain array in C order; got ${text.trim()}. Save numpy.ascontiguousarray(array).`,
    );
  }
  const sizes = shape.split(",").map((size) => size.trim());
  return {
    type,
    shape: sizes.filter((size) => size !== "").map(Number),
    offset: start + length,
  };
}

/** The bytes of an array's elements, at least: types end in an element's, but for texts. */
export function arrayBytes({ type, shape }: NpyHead): number {
  return elementCount(shape) * Number(/\d+$/.exec(type)?.[0] ?? 0);
}

/** Throws InputError where a file has fewer bytes than it should have. */
export function requireBytes(file: string, expected: number, got: number): void {
  if (got >= expected) return;
  throw new InputError(
    `${file}: truncated: expected ${expected} bytes; got ${got}. Save it again.`,
  );
}
