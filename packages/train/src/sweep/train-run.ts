/** One run of a sweep, as an array job wants it: done once, resumed after a kill, passed over when it is there. */
import { readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { takeLock, type Unlock } from "@vaeport/infer/files";
import { readConfig } from "../config.js";
import { SweepError } from "../errors.js";
import { makeFolder } from "../training/files.js";
import { differences, type ResumeOptions, resume } from "../training/resume.js";
import { train } from "../training/train.js";
import type { SweepRun } from "./sweep-file.js";

/** `done` already, or trained by this call: from the beginning, or on from a checkpoint. */
export type RunOutcome = "done" | "trained" | "resumed";

/** What a training is called until it is finished. */
export const PARTIAL = ".partial";

const POLL_MILLISECONDS = 500;

/**
 * Trains a run into `<out>/<name>`, which appears when all of it is there; until then the work is in
 * `<name>.partial`. A call for a run that another process trains waits for it.
 *
 * @throws SweepError when the folder holds a run of another configuration
 * @throws RunFolderError when it cannot be made
 * @throws what `train` and `resume` throw
 */
export async function trainRun(
  run: SweepRun,
  out: string,
  options: ResumeOptions = {},
): Promise<{ folder: string; outcome: RunOutcome }> {
  const folder = resolve(out, run.name);
  await makeFolder(resolve(out));
  const unlock = await waitForLock(`${folder}.lock`, options.signal);
  try {
    return { folder, outcome: await trainInto(folder, run, options) };
  } finally {
    await unlock();
  }
}

async function waitForLock(file: string, signal: AbortSignal | undefined): Promise<Unlock> {
  for (;;) {
    const unlock = await takeLock(file);
    if (unlock) return unlock;
    signal?.throwIfAborted();
    await sleep(POLL_MILLISECONDS);
  }
}

async function trainInto(
  folder: string,
  run: SweepRun,
  options: ResumeOptions,
): Promise<RunOutcome> {
  const partial = `${folder}${PARTIAL}`;
  if ((await stateOf(folder)) !== "absent") {
    await requireConfig(folder, run);
    return "done";
  }
  const state = await stateOf(partial);
  if (state === "started" || state === "finished") await requireConfig(partial, run);
  if (state === "started") await resume(partial, options);
  if (state === "absent") {
    await rm(partial, { recursive: true, force: true }); // a kill before the run folder was one
    await train(run.config, { out: partial, ...options });
  }
  await rename(partial, folder);
  return state === "absent" ? "trained" : "resumed";
}

/** What a folder holds: no run, one whose training has begun, or a finished one. */
async function stateOf(folder: string): Promise<"absent" | "started" | "finished"> {
  const present = await readdir(folder).catch((): string[] => []);
  if (present.includes("summary.json")) return "finished";
  const begun = present.includes("config.json") && present.includes("metrics.jsonl");
  return begun ? "started" : "absent";
}

async function requireConfig(folder: string, { index, config }: SweepRun): Promise<void> {
  const changes = differences(config, await readConfig(join(folder, "config.json")));
  if (changes.length === 0) return;
  throw new SweepError(
    `${folder} is not run ${index} of this sweep: ${changes.join("; ")}. ` +
      "Remove it, or sweep into another folder.",
  );
}
