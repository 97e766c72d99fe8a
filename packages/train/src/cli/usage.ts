/** Wrong usage that shows only when a file has been read. */
import type { Command } from "commander";
import { TrainError } from "../errors.js";

/** What `make` gives; its typed error becomes one of usage, with status 2. */
export function orUsageError<T>(command: Command, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TrainError) command.error(`error: ${error.message}`);
    throw error;
  }
}
