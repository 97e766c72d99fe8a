/** Runs a command line and turns what goes wrong into one message and an exit code. */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { InferError } from "../errors.js";
import { type Call, type Command, EXIT, UsageError } from "./command.js";
import { doctor } from "./doctor.js";
import { encode, reconstruct, sample, score } from "./rows/commands.js";
import { setup } from "./setup.js";

/** By name; a command is a file of its own. */
const COMMANDS: Readonly<Record<string, Command>> = {
  doctor,
  setup,
  encode,
  score,
  reconstruct,
  sample,
};

/** Runs `vaeport-infer` with the given arguments and gives its exit status. */
export async function runCli(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const [name, ...rest] = args;
    if (name === "--help" || name === "-h") return print(overview());
    if (name === "--version") return print(version());
    return await runCommand(findCommand(name), rest, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const usage = error instanceof UsageError;
    console.error(
      `vaeport-infer: ${explain(error as Error)}${usage ? "\n(--help shows the usage)" : ""}`,
    );
    return usage ? EXIT.usage : EXIT.failed;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** Our errors and the system's say what is wrong; of any other, which is a bug, the stack says where. */
function explain(error: Error): string {
  const ofSystem = "code" in error && "syscall" in error;
  return error instanceof InferError || ofSystem ? error.message : (error.stack ?? error.message);
}

function findCommand(name: string | undefined): Command {
  const command = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name!] : undefined;
  if (command !== undefined) return command;
  const got = name === undefined ? "none" : JSON.stringify(name);
  throw new UsageError(`expected a command: ${Object.keys(COMMANDS).join(", ")}; got ${got}.`);
}

async function runCommand(command: Command, args: string[], signal: AbortSignal): Promise<number> {
  const { help, ...values } = parse(command, args);
  if (help) return print(command.help);
  return command.run({ ...values, signal });
}

function parse({ options }: Command, args: string[]): Omit<Call, "signal"> & { help: boolean } {
  const all: Command["options"] = { ...options, help: { type: "boolean", short: "h" } };
  try {
    const { values, positionals } = parseArgs({ args, options: all, allowPositionals: true });
    return { values, positionals, help: Object.hasOwn(values, "help") };
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}   ${summary}`,
  );
  return `Usage: vaeport-infer <command> [options]

${lines.join("\n")}

\`vaeport-infer <command> --help\` says more; --version prints the version.`;
}

function version(): string {
  return (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
}

function print(text: string): number {
  console.log(text);
  return EXIT.done;
}
