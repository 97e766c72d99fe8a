/** Field validators: each takes an untrusted value and where it stands, and gives it back typed or throws. */
import { ManifestError } from "../errors.js";
import { isWhole } from "../input.js";

/** Where a value stands: the document's name, and the path inside it (`data.shape[1]`). */
export interface Place {
  document: string;
  path: string;
}

export type Check<T> = (value: unknown, place: Place) => T;

/** Reads one field of an object that was opened: absent fields reach the check as undefined. */
export type Reader = <T>(key: string, check: Check<T>) => T;

const AGAIN = "Export the model again, or correct the field.";

/** The error for a value that is not what its place asks for. */
export function refuse(
  place: Place,
  expected: string,
  value: unknown,
  remedy = AGAIN,
  cause?: unknown,
): ManifestError {
  const where = place.path === "" ? place.document : `${place.document}, ${place.path}`;
  const message = `${where}: expected ${expected}, got ${describe(value)}. ${remedy}`;
  return new ManifestError(message, place.path, value, cause === undefined ? {} : { cause });
}

/** A value in a few words, safe for anything at all. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (Array.isArray(value)) {
    const short = value.length <= 8 && value.every((item) => typeof item === "number");
    return short ? `[${value.join(", ")}]` : `a list of ${value.length}`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** The place of a field or of a list's item. */
export function within(place: Place, key: string | number): Place {
  const { document, path } = place;
  if (typeof key === "number") return { document, path: `${path}[${key}]` };
  return { document, path: path === "" ? key : `${path}.${key}` };
}

function plainObject(value: unknown, place: Place): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(place, "an object", value);
  }
  return value as Record<string, unknown>;
}

/** Opens an object; only its own fields are read, so nothing inherited can stand in for one. */
export function open(value: unknown, place: Place): Reader {
  const object = plainObject(value, place);
  return (key, check) =>
    check(Object.hasOwn(object, key) ? object[key] : undefined, within(place, key));
}

/** The check of every field of an object. */
export type Fields<T> = { readonly [Key in keyof T]-?: Check<T[Key]> };

/** An object of these fields, checked in this order; those that may be absent and are, are left out. */
export function record<T extends object>(fields: Fields<T>): Check<T> {
  return (value, place) => {
    const read = open(value, place);
    const entries = Object.entries<Check<unknown>>(fields).flatMap(([key, check]) => {
      const field = read(key, check);
      return field === undefined ? [] : [[key, field] as const];
    });
    return Object.fromEntries(entries) as T;
  };
}

/** A check that lets absence pass, as undefined. */
export function maybe<T>(check: Check<T>): Check<T | undefined> {
  return (value, place) => (value === undefined ? undefined : check(value, place));
}

/** A string of `least` to `most` characters. */
export function text(least: number, most: number): Check<string> {
  return (value, place) => {
    if (typeof value === "string" && value.length >= least && value.length <= most) return value;
    throw refuse(place, `a string of ${least} to ${most} characters`, value);
  };
}

/** A string that a pattern matches; `expected` says it in words. */
export function matching(pattern: RegExp, expected: string, remedy?: string): Check<string> {
  return (value, place) => {
    if (typeof value === "string" && pattern.test(value)) return value;
    throw refuse(place, expected, value, remedy);
  };
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): Check<number> {
  return (value, place) => {
    if (isWhole(value, least, most)) return value;
    throw refuse(place, `a whole number from ${least} to ${most}`, value);
  };
}

/** A finite number. */
export const finite: Check<number> = (value, place) => {
  if (Number.isFinite(value)) return value as number;
  throw refuse(place, "a finite number", value);
};

export const flag: Check<boolean> = (value, place) => {
  if (typeof value === "boolean") return value;
  throw refuse(place, "true or false", value);
};

/** One of the listed values. */
export function oneOf<const T extends string | number>(
  choices: readonly T[],
  remedy?: string,
): Check<T> {
  return (value, place) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw refuse(
      place,
      choices.map((choice) => JSON.stringify(choice)).join(" or "),
      value,
      remedy,
    );
  };
}

/** A list of `least` to `most` items. */
export function list<T>(item: Check<T>, least: number, most: number): Check<T[]> {
  return (value, place) => {
    if (Array.isArray(value) && value.length >= least && value.length <= most) {
      return Array.from(value, (entry, index) => item(entry, within(place, index)));
    }
    const count = least === most ? `${least}` : `${least} to ${most}`;
    throw refuse(place, `a list of ${count} items`, value);
  };
}

const MAX_ENTRIES = 1000;

/** An object with free keys. A key that would reach a prototype is refused. */
export function dictionary<T>(item: Check<T>): Check<Record<string, T>> {
  return (value, place) => {
    const keys = Object.keys(plainObject(value, place));
    if (keys.length > MAX_ENTRIES) {
      throw refuse(place, `at most ${MAX_ENTRIES} entries`, keys);
    }
    if (keys.includes("__proto__")) {
      throw refuse(place, "names as keys", "__proto__", "Remove the key.");
    }
    return record(Object.fromEntries(keys.map((key) => [key, item] as const)))(value, place);
  };
}
