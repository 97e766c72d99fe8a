/** `metrics.jsonl`, the log of a run: a line of JSON for each epoch. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RunFolderError } from "../errors.js";
import { parseJson, writeWhole } from "./files.js";
import type { EpochMetrics } from "./loop.js";

export const METRICS = "metrics.jsonl";

const number = z.number();
const losses = { negativeElbo: number, distortion: number, rate: number };
const set = z.object({
  ...losses,
  rateByDimension: z.array(number),
  activeUnits: number,
  bitsPerDimension: number,
});
const line: z.ZodType<EpochMetrics> = z.object({
  ...{ epoch: number, train: set, test: set },
  ...{ gradientNorm: number, learningRate: number, seconds: number, imagesPerSecond: number },
});

/** Appends the line of an epoch, in one write. */
export async function appendMetrics(folder: string, metrics: EpochMetrics): Promise<void> {
  await appendFile(join(folder, METRICS), lineOf(metrics));
}

/** Replaces the log: a stopped run's may be ahead of its checkpoint, or end within a line. */
export async function rewriteMetrics(
  folder: string,
  metrics: readonly EpochMetrics[],
): Promise<void> {
  await writeWhole(join(folder, METRICS), metrics.map(lineOf).join(""));
}

/** @throws RunFolderError naming the line that is damaged, or lacks a number that an earlier version did not log */
export async function readMetrics(folder: string): Promise<EpochMetrics[]> {
  const file = join(folder, METRICS);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((text, i) => parseLine(text, `${file}, line ${i + 1}`));
}

function lineOf(metrics: EpochMetrics): string {
  return `${JSON.stringify(metrics)}\n`;
}

function parseLine(text: string, where: string): EpochMetrics {
  const parsed = line.safeParse(parseJson(where, text));
  if (parsed.success) return parsed.data;
  const paths = parsed.error.issues.map(({ path }) => path.join("."));
  throw new RunFolderError(
    `${where}: no ${paths.join(", ")}, which earlier versions did not log. Train the run again.`,
  );
}
