/** Runs a command line and turns what goes wrong into one message and an exit code. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { InterruptedError, OptionError } from "../errors.js";
import { addExport, addPictures, addSetup } from "./commands.js";
import { addEvaluate } from "./evaluate-command.js";
import { addSweep } from "./sweep-command.js";
import { addResume, addTrain } from "./train-command.js";

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs `vaeport-train` with the given arguments.
 *
 * @returns 0 done, 1 failed, 2 wrong usage, 130 interrupted
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    console.error(`vaeport-train: ${explain(error)}`);
    if (error instanceof InterruptedError) return EXIT.interrupted;
    return error instanceof OptionError ? EXIT.usage : EXIT.failed;
  }
}

function createProgram(): Command {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const program = new Command("vaeport-train")
    .description("Train a variational autoencoder from a config file.")
    .version(version)
    .helpCommand(false)
    .showHelpAfterError("(--help shows the usage)")
    .exitOverride();
  for (const add of [addSetup, addTrain, addResume, addEvaluate, addPictures, addExport, addSweep])
    add(program);
  return program;
}

/** Errors that say only what a programmer can use. */
const UNTYPED = ["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError"];

/** The message of a typed or system error; the stack of any other, since that is a fault to be reported. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = !UNTYPED.includes(error.name) || "syscall" in error;
  return expected ? error.message : (error.stack ?? error.message);
}
