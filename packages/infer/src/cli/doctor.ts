/** `vaeport-infer doctor`: which execution providers run here. */
import { examine } from "../doctor/examine.js";
import { printReport } from "../doctor/print.js";
import { PROVIDERS } from "../providers.js";
import { type Command, EXIT, printJson, UsageError } from "./command.js";

export const doctor: Command = {
  summary: "says which execution providers run models on this machine, and what the others lack",
  help: `Usage: vaeport-infer doctor [provider] [--json]

Says which execution providers run models on this machine, and what the others lack.

  provider    look at this one alone, such as cuda
  --json      print the report as JSON

Exit status: 0 when the provider runs (without a name: when any does), 1 when not, 2 for wrong usage.`,
  options: { json: { type: "boolean" } },
  async run({ positionals, values, signal }) {
    const report = await examine(requestedProvider(positionals), signal);
    if (values.json) printJson(report);
    else console.log(printReport(report));
    return report.providers.some(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  },
};

function requestedProvider([provider, ...more]: readonly string[]): string | undefined {
  if (more.length > 0) throw new UsageError("doctor takes one provider at most.");
  const known: readonly string[] = PROVIDERS;
  if (provider === undefined || known.includes(provider)) return provider;
  throw new UsageError(`expected one of ${known.join(", ")}; got ${JSON.stringify(provider)}.`);
}
