/** Other values at some keys of a configuration, by path: `latent.size`, `model.layers.0.channels`. */
import { ConfigError } from "../errors.js";

/** Path of a key, and its value; null takes the key out, for its default. */
export type Change = readonly [path: string, value: unknown];

/**
 * A changed copy of a configuration, as a person writes it: keys that are not there are made.
 *
 * @param where how messages call the changes
 * @throws ConfigError when a path leads into something that holds no keys, or to an item that a list does not have, or is
 *   to be without
 */
export function changeKeys(base: unknown, changes: Iterable<Change>, where: string): unknown {
  const config = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of changes) {
    const keys = path.split(".");
    const end = keys.length - 1;
    const last = keys[end] as string;
    const at = keys.slice(0, end).reduce((outer, key, place) => {
      requireItem(outer, keys, place, where);
      if (!Object.hasOwn(outer, key)) outer[key] = {};
      const inner = outer[key];
      if (typeof inner === "object" && inner !== null) return inner as Record<string, unknown>;
      const message = `${key} holds no keys, got ${JSON.stringify(inner)}`;
      throw new ConfigError(where, [{ path, message }]);
    }, config);
    requireItem(at, keys, end, where);
    if (value === null && Array.isArray(at)) throw itemTakenOut(at, keys, where);
    if (value === null) delete at[last];
    else at[last] = value;
  }
  return config;
}

/** Of a list, only its items: the schema would not see any other key, and pass over it. */
function requireItem(holder: object, keys: readonly string[], place: number, where: string): void {
  if (!Array.isArray(holder)) return;
  const key = keys[place] as string;
  const isIndex = /^\d+$/.test(key);
  if (isIndex && Object.hasOwn(holder, key)) return;
  const list = keys.slice(0, place).join(".");
  const item = [list, "0", ...keys.slice(isIndex ? place + 1 : place)].join(".");
  const message =
    holder.length === 0
      ? `${list} is an empty list, got ${key}; give all of it, ${list}=[…]`
      : `${list} is a list with items 0 to ${holder.length - 1}, got ${key}; ` +
        `give one of them, as ${item}, or all of it, ${list}=[…]`;
  throw new ConfigError(where, [{ path: keys.join("."), message }]);
}

/** An item has no default, and without it the list would have a hole. */
function itemTakenOut(list: readonly unknown[], keys: readonly string[], where: string) {
  const name = keys.slice(0, -1).join(".");
  const rest = JSON.stringify(list.filter((_, i) => i !== Number(keys.at(-1))));
  const message = `null takes out keys, and this is an item of a list; give the whole list without it, ${name}=${rest}`;
  return new ConfigError(where, [{ path: keys.join("."), message }]);
}
