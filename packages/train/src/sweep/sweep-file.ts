/** The sweep file: which configurations to train, each at an index. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { changeKeys } from "../config/change-keys.js";
import { readJson } from "../config/read-json.js";
import { section } from "../config/section.js";
import { parse, parseConfig, type TrainConfig, withAbsolutePaths } from "../config.js";
import { SweepError } from "../errors.js";

/** Changes to the base configuration, by the path of a key such as "latent.size". */
export type Changes = Readonly<Record<string, unknown>>;

/** One run of a sweep. */
export interface SweepRun {
  /** From 0; the same file gives the same run at the same index. */
  index: number;
  /** Of its folder. */
  name: string;
  changes: Changes;
  config: TrainConfig;
}

const sweepSchema = section({
  base: z.string().describe("Path of a config file, from the folder of this file"),
  grid: z
    .record(z.string(), z.array(z.unknown()).min(1))
    .default({})
    .describe("Values by key: every combination is a run, the last key changing fastest"),
  list: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .default([{}])
    .describe("Changes by key, each a run; with a grid, each a whole grid"),
});

const MOST_RUNS = 100_000;

/**
 * The runs of a sweep file (JSON), in order.
 *
 * @throws ConfigError when the file, its base or any run's configuration is not valid, with the run's index
 * @throws SweepError when it asks for too many runs
 */
export async function readSweep(file: string): Promise<SweepRun[]> {
  const sweep = parse(sweepSchema, await readJson(file), file);
  const baseFile = resolve(dirname(file), sweep.base);
  const base = await readJson(baseFile);
  const count = Object.values(sweep.grid).reduce(
    (product, values) => product * values.length,
    sweep.list.length,
  );
  if (count > MOST_RUNS) {
    throw new SweepError(`${file}: asks for ${count} runs; ${MOST_RUNS} at most. Split the sweep.`);
  }
  const changes = sweep.list.flatMap((item) =>
    combinations(sweep.grid).map((combination) => ({ ...item, ...combination })),
  );
  const digits = Math.max(3, String(count - 1).length);
  return changes.map((each, index) => {
    const where = `${file}, run ${index} (${describeChanges(each) || "the base"})`;
    const config = parseConfig(changeKeys(base, Object.entries(each), where), where);
    return {
      index,
      name: String(index).padStart(digits, "0"),
      changes: each,
      config: withAbsolutePaths(config, dirname(baseFile)),
    };
  });
}

/** The run at an index. Throws SweepError out of range. */
export function runAt(runs: readonly SweepRun[], index: number): SweepRun {
  const run = runs[index];
  if (run !== undefined) return run;
  throw new SweepError(
    `index: the sweep has ${runs.length} runs, 0 to ${runs.length - 1}; got ${index}. Array jobs that count from 1 pass the number minus 1.`,
  );
}

/** Changes in words: `latent.size 8, seed 2`. */
export function describeChanges(changes: Changes): string {
  return Object.entries(changes)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** Every choice of one value for each key, the last key changing fastest. */
function combinations(grid: Readonly<Record<string, readonly unknown[]>>): Changes[] {
  return Object.entries(grid).reduce<Changes[]>(
    (before, [key, values]) =>
      before.flatMap((some) => values.map((value) => ({ ...some, [key]: value }))),
    [{}],
  );
}
