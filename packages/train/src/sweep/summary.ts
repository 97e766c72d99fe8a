/** How far a sweep is, which run is best, and the curves of all in one picture. */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { drawSweepCurves } from "../pictures/sweep-curves.js";
import { finalMetrics } from "../training/early-stop.js";
import { writeWhole } from "../training/files.js";
import type { EpochMetrics } from "../training/loop.js";
import { type Changes, describeChanges, type SweepRun } from "./sweep-file.js";
import { PARTIAL } from "./train-run.js";

/** What one run of a sweep has come to; distortion and rate in nats, null as `negativeElbo`. */
export interface RunSummaryLine {
  index: number;
  name: string;
  changes: Changes;
  state: "done" | "unfinished" | "missing";
  epochs: number;
  /** Held out, nats, of the weights that a finished run has, or of the last epoch so far; null without one. */
  negativeElbo: number | null;
  distortion: number | null;
  rate: number | null;
}

/** What a sweep has come to. */
export interface SweepSummary {
  runs: RunSummaryLine[];
  /** Index of the finished run with the smallest held-out -ELBO; null where none is finished. */
  best: number | null;
  /** The picture; null where no run has an epoch. */
  picture: string | null;
}

/** Reads what the runs have written so far, and draws `<out>/sweep.png`. */
export async function summariseSweep(
  runs: readonly SweepRun[],
  out: string,
): Promise<SweepSummary> {
  const present = new Set(await readdir(out).catch((): string[] => []));
  const read = runs.map(async (run) => {
    const state = present.has(run.name)
      ? "done"
      : present.has(run.name + PARTIAL)
        ? "unfinished"
        : "missing";
    const folder = state === "done" ? run.name : run.name + PARTIAL;
    const metrics =
      state === "missing" ? [] : await readMetrics(join(out, folder, "metrics.jsonl"));
    return { line: lineOf(run, state, metrics), metrics };
  });
  const all = await Promise.all(read);
  const lines = all.map(({ line }) => line);
  const done = lines.filter(({ state }) => state === "done");
  const best = done.reduce<RunSummaryLine | undefined>((leader, line) => {
    return leader === undefined || (line.negativeElbo ?? 0) < (leader.negativeElbo ?? 0)
      ? line
      : leader;
  }, undefined);
  const curves = all
    .filter(({ metrics }) => metrics.length > 0)
    .map(({ line, metrics }) => {
      const label = `${line.name}  ${describeChanges(line.changes)}`;
      return { label, best: line === best, metrics };
    });
  const picture = curves.length === 0 ? null : join(resolve(out), "sweep.png");
  if (picture !== null) await writeWhole(picture, drawSweepCurves(curves).toBuffer("image/png"));
  return { runs: lines, best: best?.index ?? null, picture };
}

function lineOf(
  { index, name, changes, config }: SweepRun,
  state: RunSummaryLine["state"],
  metrics: readonly EpochMetrics[],
): RunSummaryLine {
  const final = state === "done" ? finalMetrics(metrics, config.training) : metrics.at(-1);
  const test = final?.test;
  return {
    index,
    name,
    changes,
    state,
    epochs: metrics.length,
    negativeElbo: test?.negativeElbo ?? null,
    distortion: test?.distortion ?? null,
    rate: test?.rate ?? null,
  };
}

/** The whole lines of a log, which may be growing. */
async function readMetrics(file: string): Promise<EpochMetrics[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as EpochMetrics);
}
