/** Runs a command line and turns what goes wrong into one message and an exit code. */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { examine } from "../doctor/examine.js";
import { printReport } from "../doctor/print.js";
import { InferError } from "../errors.js";
import { PROVIDERS } from "../providers.js";

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const HELP = `Usage: vaeport-infer doctor [provider] [--json]

Says which execution providers run models on this machine, and what the others lack.

  provider    look at this one alone, such as cuda
  --json      print the report as JSON
  --help      print this
  --version   print the version

Exit status: 0 when the provider runs (without a name: when any does), 1 when not, 2 for wrong usage.`;

const OPTIONS = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

class UsageError extends InferError {}

/** Runs `vaeport-infer` with the given arguments and gives its exit status. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help) return print(HELP);
    if (values.version) return print(version());
    const provider = doctorArgument(positionals);
    const report = await examine(provider);
    print(values.json ? JSON.stringify(report, null, 2) : printReport(report));
    return report.providers.some(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  } catch (error) {
    const usage = error instanceof UsageError;
    const message = error instanceof InferError ? error.message : (error as Error).stack;
    console.error(`vaeport-infer: ${message}${usage ? "\n(--help shows the usage)" : ""}`);
    return usage ? EXIT.usage : EXIT.failed;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** The provider that `doctor` is asked about, if any. */
function doctorArgument([command, provider, ...more]: readonly string[]): string | undefined {
  if (command !== "doctor") {
    const got = command === undefined ? "none" : JSON.stringify(command);
    throw new UsageError(`expected the command doctor; got ${got}.`);
  }
  if (more.length > 0) throw new UsageError("doctor takes one provider at most.");
  const known: readonly string[] = PROVIDERS;
  if (provider === undefined || known.includes(provider)) return provider;
  throw new UsageError(`expected one of ${known.join(", ")}; got ${JSON.stringify(provider)}.`);
}

function version(): string {
  return (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
}

function print(text: string): number {
  console.log(text);
  return EXIT.done;
}
