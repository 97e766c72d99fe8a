/** Constants of one graph, each stored once however often it is asked for. */
import { GraphError } from "../errors.js";
import { elementCount } from "./tensor.js";
import type { Constant, FloatConstant, IntConstant } from "./types.js";

/** Elements looked at to tell most constants apart before they are compared in full. */
const SAMPLES = 16;

export class ConstantPool {
  readonly #byKey = new Map<string, Constant[]>();

  float32(name: string, data: Float32Array, shape: readonly number[]): FloatConstant {
    if (elementCount(shape) !== data.length) {
      throw new GraphError(
        `Constant "${name}": shape [${shape.join(", ")}] asks for ${elementCount(shape)} elements, got ${data.length}.`,
      );
    }
    return this.#once({ name, dtype: "float32", shape, layout: "source", data });
  }

  int64(values: readonly number[]): IntConstant {
    return this.#once(intsConstant(values));
  }

  /** The constant already here that is equal to the bit, or this one. */
  #once<T extends Constant>(constant: T): T {
    const key = keyOf(constant);
    const candidates = this.#byKey.get(key) ?? [];
    const known = candidates.find(({ data }) => equalBits(data, constant.data));
    if (known !== undefined) return known as T; // the key holds the type
    this.#byKey.set(key, [...candidates, constant]);
    return constant;
  }
}

/** An int64 vector, named by what it holds. */
export function intsConstant(values: readonly number[]): IntConstant {
  const data = BigInt64Array.from(values, BigInt);
  const name = `ints_${values.join("_")}`;
  return { name, dtype: "int64", shape: [values.length], layout: "source", data };
}

function keyOf({ dtype, shape, data }: Constant): string {
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
