/** `vaeport-train sweep`: the runs of a sweep file, one by index, as array jobs call it. */
import type { Command } from "commander";
import { type SweepSummary, summariseSweep } from "../sweep/summary.js";
import { describeChanges, readSweep, runAt, type SweepRun } from "../sweep/sweep-file.js";
import { trainRun } from "../sweep/train-run.js";
import { wholeNumber } from "./numbers.js";
import { withReporter } from "./progress.js";
import { orUsageError } from "./usage.js";

interface SweepFlags {
  index?: number;
  output?: string;
  list?: boolean;
  summary?: boolean;
  json?: boolean;
}

export function addSweep(program: Command): void {
  const command = program
    .command("sweep")
    .description("train one run of a sweep; list them; sum up what they gave")
    .argument("<sweep.json>", "base configuration, and a grid or list of changes")
    .option("--index <number>", "the run to train, from 0", wholeNumber(0))
    .option("-o, --output <folder>", "where the runs are written, each in a folder of its own")
    .option("--list", "print the runs")
    .option(
      "--summary",
      "print a table of the runs in --output, the best one, and draw their curves",
    )
    .option("--json", "print the result as JSON; progress goes to standard error");
  command.action(async (file: string, flags: SweepFlags) => {
    const { index, output, list, summary, json } = flags;
    if ([index !== undefined, list, summary].filter(Boolean).length !== 1) {
      command.error("error: give one of --index, --list and --summary");
    }
    const runs = await readSweep(file);
    if (list) return printList(runs, json);
    if (output === undefined) return command.error("error: give --output, the folder of the runs");
    if (summary) return printSummary(await summariseSweep(runs, output), json);
    const run = orUsageError(command, () => runAt(runs, index as number));
    await trainIndex(run, output, json);
  });
}

async function trainIndex(run: SweepRun, out: string, json: boolean | undefined): Promise<void> {
  const done = await withReporter(json, (report, signal) =>
    trainRun(run, out, { signal, onEvent: (event) => report(run.config, event) }),
  );
  if (json) console.log(JSON.stringify({ index: run.index, ...done }, null, 2));
  else console.log(`run ${run.index}  ${done.outcome}  ${done.folder}`);
}

function printList(runs: readonly SweepRun[], json: boolean | undefined): void {
  const listed = runs.map(({ index, name, changes }) => ({ index, name, changes }));
  const lines = listed.map(({ name, changes }) => `${name}  ${describeChanges(changes)}`);
  console.log(json ? JSON.stringify({ runs: listed }, null, 2) : lines.join("\n"));
}

function printSummary(summary: SweepSummary, json: boolean | undefined): void {
  console.log(json ? JSON.stringify(summary, null, 2) : summaryText(summary));
}

function summaryText(summary: SweepSummary): string {
  const head = ["run", "state", "epochs", "-ELBO", "distortion", "rate", "changes"];
  const nats = (value: number | null) => value?.toFixed(2) ?? "";
  const rows = summary.runs.map((run) => [
    run.index === summary.best ? `${run.name} *` : run.name,
    run.state,
    String(run.epochs),
    ...[run.negativeElbo, run.distortion, run.rate].map(nats),
    describeChanges(run.changes),
  ]);
  const widths = head.map((_, i) =>
    Math.max(...[head, ...rows].map((row) => (row[i] ?? "").length)),
  );
  const table = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const done = summary.runs.filter(({ state }) => state === "done").length;
  const count = `${done} of ${summary.runs.length} runs done; * has the smallest held-out -ELBO`;
  const picture = summary.picture === null ? [] : [`curves  ${summary.picture}`];
  return [...table, "", count, ...picture].join("\n");
}
