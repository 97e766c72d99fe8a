/** What a command of `vaeport-infer` is made of, and the ways in which one ends. */
import type { ParseArgsConfig } from "node:util";
import { InferError } from "../errors.js";

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command line that asks for what there is not; ends with status 2. */
export class UsageError extends InferError {}

/** A command as it was called; `values` are those of its options. */
export interface Call {
  positionals: readonly string[];
  values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  /** Aborted when the user interrupts. */
  signal: AbortSignal;
}

export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** Printed by `--help`. */
  help: string;
  /** Besides `--help`, which all have. */
  options: NonNullable<ParseArgsConfig["options"]>;
  /** Gives the exit status; throws UsageError for wrong arguments. */
  run(call: Call): Promise<number>;
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
