/** Configuration on the command line: `--set training.epochs=3`, any key of the config file. */
import { InvalidArgumentError } from "commander";
import { parseConfig, type TrainConfig } from "../config.js";

export interface Override {
  path: readonly string[];
  value: unknown;
}

/** Parser of a repeatable option `key=value`; values are JSON, or text where they are not. */
export function collectOverride(text: string, earlier: readonly Override[] = []): Override[] {
  const [, path, value] = /^([A-Za-z0-9_.$]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) {
    throw new InvalidArgumentError("Expected key=value, as in training.epochs=3.");
  }
  return [...earlier, { path: path.split("."), value: jsonOrText(value!) }];
}

/**
 * A configuration with some keys replaced; `null` takes a key out, for its default.
 *
 * @throws ConfigError as `parseConfig`
 */
export function applyOverrides(config: TrainConfig, overrides: readonly Override[]): TrainConfig {
  if (overrides.length === 0) return config;
  const changed = structuredClone(config) as Record<string, unknown>;
  for (const { path, value } of overrides) {
    let at = changed;
    for (const key of path.slice(0, -1)) {
      if (typeof at[key] !== "object" || at[key] === null) at[key] = {};
      at = at[key] as Record<string, unknown>;
    }
    const last = path.at(-1)!;
    if (value === null) delete at[last];
    else at[last] = value;
  }
  return parseConfig(changed, "command line");
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
