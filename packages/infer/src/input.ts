/** Checks of what callers hand in, and its conversion to float32. */
import { InputError } from "./errors.js";
import type { ConditionSection } from "./manifest/types.js";
import type { CallOptions } from "./options.js";
import type { Picture, Tensor } from "./runtime/types.js";
import { elementCount } from "./shape.js";

/** Bytes 0 to 255 that stand for the data's range, lowest value to highest. */
export type Bytes = Uint8Array | Uint8ClampedArray;

/** Bytes with their shape; the first axis is the batch. */
export interface ByteTensor {
  data: Bytes;
  shape: number[];
}

type Range = readonly [number, number];

const MAX_FLOAT32 = 2 ** 128 - 2 ** 104;

/**
 * A batch of items as a tensor [n, ...item] of its own: from bare values, n * (an item's length) of them, or from a
 * tensor of that shape; n >= 1, or as given. Bytes are taken where a range says what they stand for. Copied, so that
 * a caller may reuse the array at once.
 */
export function batch(
  where: string,
  value: Tensor | Float32Array | ByteTensor | Bytes | undefined,
  item: readonly number[],
  { count, range }: { count?: number | undefined; range?: Range } = {},
): Tensor {
  const size = elementCount(item);
  const bare = isValues(value);
  const data: unknown = bare ? value : (value as Tensor)?.data;
  const fail = (got: string): never => {
    const types = range === undefined ? "Float32Array" : "Float32Array or Uint8Array";
    const shape = [count ?? "n", ...item].join(", ");
    throw new InputError(
      `${where}: expected ${count ?? "n"} * ${size} values in a ${types}, or a tensor of shape [${shape}]; got ${got}.`,
    );
  };
  if (!isValues(data) || (range === undefined && !isFloat32Array(data))) {
    return fail(kind(data ?? value));
  }
  const items = data.length / size;
  if (!Number.isInteger(items) || items === 0 || items !== (count ?? items)) {
    return fail(`${data.length} values`);
  }
  const shape = [items, ...item];
  const given: unknown = bare ? shape : (value as Tensor).shape;
  if (!sameShape(given, shape)) {
    return fail(`shape [${[given].flat().map(shown).join()}] with ${data.length} values`);
  }
  if (!isFloat32Array(data)) return { data: scaleBytes(data, range!), shape };
  requireWithin(where, data, "finite values");
  return { data: new Float32Array(data), shape };
}

/**
 * Throws InputError unless every value lies in the range, that of finite numbers by default. A plain loop: every call
 * pays for it, and `findIndex` takes four times as long.
 */
export function requireWithin(
  where: string,
  data: Float32Array,
  expected: string,
  [low, high]: Range = [-Number.MAX_VALUE, Number.MAX_VALUE],
): void {
  let wrong = 0;
  while (wrong < data.length && data[wrong]! >= low && data[wrong]! <= high) wrong++;
  if (wrong === data.length) return;
  throw new InputError(`${where}: expected ${expected}; got ${data[wrong]} at index ${wrong}.`);
}

function sameShape(given: unknown, shape: readonly number[]): boolean {
  const axes = Array.isArray(given) && given.length === shape.length;
  return axes && shape.every((size, axis) => given[axis] === size);
}

/**
 * low + (high - low) * byte / 255, rounded to float32. Converted first, by native code, and scaled in place: a third
 * faster than a loop from bytes to floats, and `Float32Array.from` takes 25 times as long.
 */
export function scaleBytes(bytes: ArrayLike<number>, [low, high]: Range): Float32Array {
  const values = new Float32Array(bytes);
  const span = high - low;
  for (let i = 0; i < values.length; i++) values[i] = low + (span * values[i]!) / 255;
  return values;
}

/** Arrays of another realm (an iframe's, a test environment's) count, hence not `instanceof` alone. */
function isFloat32Array(value: unknown): value is Float32Array {
  return value instanceof Float32Array || kind(value) === "Float32Array";
}

function isValues(value: unknown): value is Float32Array | Bytes {
  return isFloat32Array(value) || /^Uint8(?:Clamped)?Array$/.test(kind(value));
}

/** Anything with a width is a picture or nothing that we know. */
export function isPictures(value: unknown): value is Picture | readonly Picture[] {
  const list = [value].flat();
  return list.length > 0 && list.every((item) => typeof (item as Picture)?.width === "number");
}

/** The built-in class of a value, as `Object.prototype.toString` names it. */
export function kind(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether a value is a whole number from `least` to `most`, by default the last that doubles hold exactly. */
export function isWhole(
  value: unknown,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Throws InputError unless the value is a whole number, at least `least` and at most `most`. */
export function requireWhole(where: string, value: unknown, least: number, most?: number): void {
  if (isWhole(value, least, most)) return;
  const range = most === undefined ? `from ${least} up` : `from ${least} to ${most}`;
  throw new InputError(`${where}: expected a whole number ${range}; got ${shown(value)}.`);
}

/** Throws InputError unless the value is a number from `least` to `most`, by default those that float32 has. */
export function requireFinite(
  where: string,
  value: unknown,
  least = -MAX_FLOAT32,
  most = MAX_FLOAT32,
): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new InputError(
    `${where}: expected a number from ${least} to ${most}; got ${shown(value)}.`,
  );
}

/** A value as code has it, so that "2" is told from 2; of an object, which may not know its text, the class. */
export function shown(value: unknown): string {
  if (Object(value) === value) return `[object ${kind(value)}]`;
  return typeof value === "string" ? `"${value}"` : String(value);
}

/** A class, counted from 0: one for all items, or one for each. */
export type Label = number | ArrayLike<number>;

/** Labels as one-hot rows [n, classes]; undefined for a model without classes, which takes no label. */
export function oneHot(
  where: string,
  label: Label | undefined,
  n: number,
  condition: ConditionSection | undefined,
): Tensor | undefined {
  if (condition === undefined) {
    if (label === undefined) return undefined;
    throw new InputError(`${where}: label: the model has no classes. Leave the label out.`);
  }
  const { classes } = condition;
  const one = typeof label === "number";
  if (!one && label?.length !== n) {
    throw new InputError(
      `${where}: label: the model has ${classes} classes; expected the class of all items or ${n} of them, one for each; got ${label?.length ?? shown(label)}.`,
    );
  }
  const data = new Float32Array(n * classes);
  for (let item = 0; item < n; item++) {
    const value = one ? label : label![item]!;
    requireWhole(`${where}: label`, value, 0, classes - 1);
    data[item * classes + value] = 1;
  }
  return { data, shape: [n, classes] };
}

/**
 * The options of a call. JavaScript may leave them out, though a call needs them: what it needs of them is then told.
 * Throws InputError for what holds no options and for a signal that is none.
 */
export function given<Options extends object>(
  where: string,
  options: Options | undefined,
): Options {
  if (options === undefined) return {} as Options;
  if (options === null || typeof options !== "object") {
    throw new InputError(
      `${where}: options: expected an object such as { signal }, or none; got ${shown(options)}.`,
    );
  }
  const { signal } = options as CallOptions;
  if (signal === undefined || kind(signal) === "AbortSignal") return options;
  throw new InputError(
    `${where}: signal: expected that of an AbortController; got ${shown(signal)}. Leave it out.`,
  );
}
