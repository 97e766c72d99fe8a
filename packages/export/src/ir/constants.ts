/** Constants of one graph, each stored once however often it is asked for; large ones held by nobody. */
import { GraphError } from "../errors.js";
import { elementCount } from "./tensor.js";
import {
  byteLength,
  type Constant,
  type ConstantOf,
  type Elements,
  type FloatConstant,
  type IntConstant,
} from "./types.js";

/** Elements looked at to tell most constants apart before they are compared in full. */
const SAMPLES = 16;

/** Bytes from which the elements of a constant are made anew at each reading, so that none stay in memory. */
const DEFERRED_BYTES = 2 ** 24;

/**
 * A constant in the source layout; `make` gives its elements, row-major, the same at each call, and
 * `pieces` does so piece by piece.
 */
export function constant<D extends keyof Elements>(
  dtype: D,
  name: string,
  shape: readonly number[],
  make: () => Elements[D],
  pieces?: () => Iterable<Elements[D]>,
): ConstantOf<D> {
  const head = { name, dtype, shape, layout: "source" } as const;
  if (byteLength({ dtype, shape }) < DEFERRED_BYTES) return { ...head, data: make() };
  return {
    ...head,
    get data() {
      return make();
    },
    ...(pieces === undefined ? {} : { pieces }),
  };
}

/** What becomes of a float32 constant: of the same name and shape unless given, large ones made when read. */
export function derive<D extends keyof Elements>(
  dtype: D,
  source: FloatConstant,
  transform: (data: Float32Array) => Elements[D],
  { name = source.name, shape = source.shape }: Partial<Pick<FloatConstant, "name" | "shape">> = {},
): ConstantOf<D> {
  return constant(dtype, name, shape, () => transform(source.data));
}

/** True where the elements are made at each reading. */
export function isDeferred(value: Constant): boolean {
  return Object.getOwnPropertyDescriptor(value, "data")?.get !== undefined;
}

/** Elements that can be had at once or piece by piece. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  pieces(): Iterable<Float32Array>;
}

export class ConstantPool {
  readonly #byKey = new Map<string, Constant[]>();
  readonly #byOrigin = new Map<object, FloatConstant[]>();

  float32(
    name: string,
    data: Float32Array | (() => Float32Array),
    shape: readonly number[],
    origin?: object,
  ): FloatConstant {
    const made = constant("float32", name, shape, typeof data === "function" ? data : () => data);
    return this.#place(made, origin);
  }

  /** A weight as it stands. */
  weight(name: string, weight: Weight): FloatConstant {
    const pieces = () => weight.pieces();
    const made = constant("float32", name, weight.shape, () => weight.data, pieces);
    return this.#place(made, weight);
  }

  int64(values: readonly number[]): IntConstant {
    return this.once(intsConstant(values));
  }

  /** The constant already here that is equal to the bit, or this one. */
  once<T extends Constant>(constant: T): T {
    const { data } = constant;
    const key = keyOf(constant, data);
    const candidates = this.#byKey.get(key) ?? [];
    const known = candidates.find((other) => equalBits(other.data, data));
    if (known !== undefined) return known as T; // the key holds the type
    this.#byKey.set(key, [...candidates, constant]);
    return constant;
  }

  #place(made: FloatConstant, origin: object | undefined): FloatConstant {
    if (isDeferred(made) && origin !== undefined) return this.#onceOf(origin, made);
    const { length } = made.data;
    if (elementCount(made.shape) === length) return this.once(made);
    throw new GraphError(
      `Constant "${made.name}": shape [${made.shape.join(", ")}] asks for ${elementCount(made.shape)} elements, got ${length}.`,
    );
  }

  /** The constant already made of this weight for the same use: large ones are not read to compare them. */
  #onceOf(origin: object, constant: FloatConstant): FloatConstant {
    const made = this.#byOrigin.get(origin) ?? [];
    const known = made.find(
      ({ name, shape }) => name === constant.name && shape.join() === constant.shape.join(),
    );
    if (known === undefined) this.#byOrigin.set(origin, [...made, constant]);
    return known ?? constant;
  }
}

/** An int64 vector, named by what it holds. */
export function intsConstant(values: readonly number[]): IntConstant {
  const data = BigInt64Array.from(values, BigInt);
  const name = `ints_${values.join("_")}`;
  return { name, dtype: "int64", shape: [values.length], layout: "source", data };
}

function keyOf({ dtype, shape }: Constant, data: Constant["data"]): string {
  const step = Math.max(1, Math.floor(data.length / SAMPLES));
  const samples: string[] = [];
  for (let index = 0; index < data.length; index += step) samples.push(String(data[index]));
  return `${dtype} [${shape.join()}] ${samples.join()}`;
}

/** Bits rather than numbers: 0 and -0 differ, a NaN equals itself. */
function equalBits(a: Constant["data"], b: Constant["data"]): boolean {
  if (a === b) return true;
  const left = new Int32Array(a.buffer, a.byteOffset, a.byteLength / 4);
  const right = new Int32Array(b.buffer, b.byteOffset, b.byteLength / 4);
  return left.length === right.length && left.every((word, index) => word === right[index]);
}
