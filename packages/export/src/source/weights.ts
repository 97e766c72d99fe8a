/** A layer's weights as plain data: read when they are asked for, and held to be numbers. */
import { SourceError } from "../errors.js";
import type { SourceTensor } from "./types.js";

/** What is used of `tf.Tensor`. */
export interface TensorLike {
  readonly dataId?: object;
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): unknown;
}

/** A weight that is not with tf.js but in a file. */
export type StoredWeight = Pick<SourceTensor, "data" | "pieces">;

/** The file's side of a weight; undefined for those that tf.js holds. */
export type FindStored = (tensor: TensorLike) => StoredWeight | undefined;

/** Elements of a piece, 4 MB: it stays in the processor's cache from its reading to its writing. */
export const PIECE_ELEMENTS = 2 ** 20;

/** The weights by the last part of their names: `conv2d_1/kernel` is `kernel`. */
export function readWeights(
  layer: {
    readonly name: string;
    getWeights(): readonly TensorLike[];
    readonly weights: readonly { readonly originalName: string }[];
  },
  find?: FindStored,
): Record<string, SourceTensor> {
  const tensors = reading(`The weights of layer "${layer.name}"`, () => layer.getWeights());
  const named = layer.weights.map(({ originalName }, index) => {
    const role = originalName.slice(originalName.lastIndexOf("/") + 1);
    return [role, readWeight(originalName, tensors[index] as TensorLike, find)] as const;
  });
  return Object.fromEntries(named);
}

/** What tf.js gives; it refuses what was disposed of. */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError(
      `${what} cannot be read (${reason}). Export a model before it is disposed of.`,
      { cause },
    );
  }
}

function readWeight(name: string, tensor: TensorLike, find?: FindStored): SourceTensor {
  if (tensor.dtype !== "float32") {
    throw new SourceError(
      `Weight "${name}" is ${tensor.dtype}; only float32 weights can be exported.`,
    );
  }
  const values = () => reading(`Weight "${name}"`, () => tensor.dataSync() as Float32Array);
  const weight = find?.(tensor) ?? wholeWeight(values);
  return {
    shape: [...tensor.shape],
    get data() {
      return needNumbers(weight.data, name, 0);
    },
    *pieces() {
      let start = 0;
      for (const piece of weight.pieces()) {
        yield needNumbers(piece, name, start);
        start += piece.length;
      }
    },
  };
}

/** A weight that is only had at once. */
export function wholeWeight(read: () => Float32Array): StoredWeight {
  return {
    get data() {
      return read();
    },
    pieces: () => cut(read()),
  };
}

/** An array piece by piece, without copying it. */
function* cut(data: Float32Array): Generator<Float32Array> {
  for (let start = 0; start < data.length; start += PIECE_ELEMENTS) {
    yield data.subarray(start, start + PIECE_ELEMENTS);
  }
}

/** Throws SourceError for a NaN; `start` is where in the weight the data begins. */
function needNumbers(data: Float32Array, name: string, start: number): Float32Array {
  if (!hasNaN(new Int32Array(data.buffer, data.byteOffset, data.length))) return data;
  const element = start + data.findIndex(Number.isNaN);
  throw new SourceError(
    `Weight "${name}" has no number at element ${element} (NaN). The training diverged or the file is damaged.`,
  );
}

/** By the bits, four words at a time, as weights can be large: a NaN without its sign is more than infinity. */
function hasNaN(words: Int32Array): boolean {
  let [a, b, c, d] = [-1, -1, -1, -1]; // below 0 as long as every difference is
  const at = (index: number) => ((words[index] as number) & 0x7fffffff) - 0x7f800001;
  const whole = words.length - (words.length % 4);
  for (let index = 0; index < whole; index += 4) {
    a &= at(index);
    b &= at(index + 1);
    c &= at(index + 2);
    d &= at(index + 3);
  }
  for (let index = whole; index < words.length; index++) a &= at(index);
  return (a & b & c & d) >= 0;
}
