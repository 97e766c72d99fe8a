/** Configuration on the command line: `--set training.epochs=3`, any key of the config file. */
import { InvalidArgumentError } from "commander";
import { type Change, changeKeys } from "../config/change-keys.js";
import { parseConfig, type TrainConfig, type TrainConfigInput } from "../config.js";

/** Parser of a repeatable option `key=value`; values are JSON, or text where they are not. */
export function collectOverride(text: string, earlier: readonly Change[] = []): Change[] {
  const [, path, value] = /^([A-Za-z0-9_.$]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) {
    throw new InvalidArgumentError("Expected key=value, as in training.epochs=3.");
  }
  return [...earlier, [path, jsonOrText(value!)]];
}

/**
 * A configuration with some keys replaced.
 *
 * @throws ConfigError as `parseConfig` and `changeKeys`
 */
export function applyOverrides(input: TrainConfigInput, overrides: readonly Change[]): TrainConfig {
  const where = "command line";
  return parseConfig(changeKeys(input, overrides, where), where);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
