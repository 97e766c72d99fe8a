/** What can happen to a JSON document: values replaced, removed, renamed, repeated or swapped. */
import fc from "fast-check";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What stands in place of a value of the file. */
const hostile = fc.constantFrom<Json>(
  null,
  true,
  0,
  -1,
  1,
  7,
  0.5,
  1e5,
  1e7,
  1e9,
  2 ** 31,
  1e308,
  "",
  "x",
  "NaN",
  "1",
  "__proto__",
  "constructor",
  "toString",
  "conv",
  "lstm",
  "Dense",
  "Lambda",
  "valid",
  "channelsFirst",
  "../../etc/passwd",
  "x".repeat(10_000),
  [],
  [[]],
  [null],
  [1e9, 1e9],
  {},
  { class_name: "Dense", config: {} },
);
const strangeKey = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "",
  "x",
  "hasOwnProperty",
);

export interface Damage {
  /** Which place of the file, counted through all of them. */
  place: number;
  how: "replace" | "remove" | "rename" | "repeat" | "swap";
  value: Json;
  key: string;
  other: number;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  place: fc.nat(100_000),
  how: fc.constantFrom("replace", "replace", "replace", "remove", "rename", "repeat", "swap"),
  value: hostile,
  key: strangeKey,
  other: fc.nat(100_000),
});

interface Place {
  holder: Json[] | { [key: string]: Json };
  key: string | number;
}

/** Every value inside a document. */
function placesOf(value: Json): Place[] {
  if (value === null || typeof value !== "object") return [];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => [
    { holder: value, key },
    ...placesOf((value as Record<string | number, Json>)[key] as Json),
  ]);
}

/** Does it, in place. */
export function damageJson(document: Json, { place, how, value, key, other }: Damage): void {
  const places = placesOf(document);
  const at = places[place % places.length] as Place;
  const holder = at.holder as Record<string | number, Json>;
  const old = holder[at.key] as Json;
  const put = (name: string | number, what: Json) =>
    Object.defineProperty(holder, name, {
      value: what,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  if (how === "replace") put(at.key, value);
  else if (how === "repeat" && Array.isArray(at.holder)) at.holder.push(structuredClone(old));
  else if (how === "rename" && !Array.isArray(at.holder)) {
    delete holder[at.key];
    put(key, old);
  } else if (how === "swap") {
    const to = places[other % places.length] as Place;
    put(at.key, structuredClone((to.holder as Record<string | number, Json>)[to.key] as Json));
  } else if (Array.isArray(at.holder)) at.holder.splice(Number(at.key), 1);
  else delete holder[at.key];
}
