/** Checks of what callers hand in. */
import { InputError } from "./errors.js";
import { elementCount } from "./manifest/tensor.js";
import type { Tensor } from "./runtime/types.js";

/**
 * A batch of items as a tensor [n, ...item] of its own: from bare values, n * (an item's length) of them, or from a
 * tensor of that shape; n >= 1, or as given. Copied, so that a caller may reuse the array at once.
 */
export function batch(
  where: string,
  value: Tensor | Float32Array,
  item: readonly number[],
  count?: number,
): Tensor {
  const size = elementCount(item);
  const n = count ?? "n";
  const wanted = `${where}: expected ${n} * ${size} values in a Float32Array, or a tensor of shape [${[n, ...item].join(", ")}]`;
  const bare = isFloat32Array(value);
  const data: unknown = bare ? value : value?.data;
  if (!isFloat32Array(data)) throw new InputError(`${wanted}; got ${kind(data ?? value)}.`);
  const items = data.length / size;
  if (!Number.isInteger(items) || items === 0 || items !== (count ?? items)) {
    throw new InputError(`${wanted}; got ${data.length} values.`);
  }
  const shape = [items, ...item];
  const given = bare ? shape : (value as Tensor).shape;
  if (!Array.isArray(given) || given.join() !== shape.join()) {
    throw new InputError(`${wanted}; got shape [${String(given)}] with ${data.length} values.`);
  }
  const wrong = data.findIndex((element) => !Number.isFinite(element));
  if (wrong >= 0) {
    throw new InputError(`${where}: expected finite values; got ${data[wrong]} at index ${wrong}.`);
  }
  return { data: data.slice(), shape };
}

/** Arrays of another realm (an iframe's, a test environment's) count, hence no `instanceof`. */
function isFloat32Array(value: unknown): value is Float32Array {
  return kind(value) === "Float32Array";
}

function kind(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Throws InputError unless the value is a whole number, at least `least`. */
export function requireWhole(where: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InputError(`${where}: expected a whole number from ${least} up; got ${String(value)}.`);
}
