/** Other values at some keys of a configuration, by path: `latent.size`, `model.layers.0.channels`. */
import { ConfigError } from "../errors.js";

/** Path of a key, and its value; null takes the key out, for its default. */
export type Change = readonly [path: string, value: unknown];

/**
 * A changed copy of a configuration, as a person writes it: keys that are not there are made.
 *
 * @param where how messages call the changes
 * @throws ConfigError when a path leads into something that holds no keys
 */
export function changeKeys(base: unknown, changes: Iterable<Change>, where: string): unknown {
  const config = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of changes) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    const at = keys.reduce((outer, key) => {
      if (!Object.hasOwn(outer, key)) outer[key] = {};
      const inner = outer[key];
      if (typeof inner === "object" && inner !== null) return inner as Record<string, unknown>;
      const message = `${key} holds no keys, got ${JSON.stringify(inner)}`;
      throw new ConfigError(where, [{ path, message }]);
    }, config);
    if (value === null) delete at[last];
    else at[last] = value;
  }
  return config;
}
