/** The command `vaeport-export`; exit code 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
import { CommanderError } from "commander";
import { OptionError } from "../errors.js";
import { makeProgram } from "./program.js";

process.once("SIGINT", () => process.exit(130));

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message; its own code is 0 for --help and --version.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`vaeport-export: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = error instanceof OptionError ? 2 : 1;
  }
}
