/** The run folder: what a training leaves on disk, written so that every file and folder in it is whole. */
import { existsSync } from "node:fs";
import { access, constants, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseRunSummary, type RunSummary } from "@vaeport/infer/manifest";
import { requireArgument } from "../argument.js";
import { readConfig, type TrainConfig } from "../config.js";
import type { Column, ItemShape } from "../data/source.js";
import { OptionError, RunFolderError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Networks } from "../vae/layers.js";
import { setVariance } from "../vae/likelihood/gaussian.js";
import { type Vae, vaeOf } from "../vae/vae.js";
import { CHECKPOINTS } from "./checkpoints.js";
import { makeFolder, parseJson, removeLeftovers, replaceFolder, writeJson } from "./files.js";
import type { EpochMetrics } from "./loop.js";
import { METRICS, readMetrics, rewriteMetrics } from "./metrics-log.js";
import { loadModel, saveModel } from "./networks.js";
import { TENSORBOARD } from "./tensorboard.js";

const CONFIG = "config.json";
const SUMMARY = "summary.json";
const COLUMNS = "columns.json";
const PICTURES = "pictures";
/** Names the process that trains into the folder. */
export const LOCK = "run.lock";
/** What `evaluateRun` writes. */
export const EVALUATION = "evaluation.json";

/** A run with its first checkpoint, on its way to take the place of an earlier one. */
const REPLACEMENT = "replacement";

/** What a run has with its first checkpoint. */
const BEGINNING = [CONFIG, METRICS, CHECKPOINTS];

/** What it has at its end; the summary, which says that a run is complete, is the first to be removed. */
const RESULT = [SUMMARY, COLUMNS, EVALUATION, PICTURES, "encoder", "decoder"];

/** All that it writes later. */
const REST = [...RESULT, TENSORBOARD];

const ENTRIES = [...BEGINNING, ...REST, REPLACEMENT];

/** @throws OptionError when what a caller gives as a folder is no path */
export function requireFolder(where: string, folder: unknown): void {
  const given = typeof folder === "string" && folder !== "";
  requireArgument(OptionError, given, where, folder, "the path of a run folder");
}

/**
 * Makes sure that a new run may be written to a folder, and writes nothing.
 *
 * @param force whether it may replace an earlier run there
 * @returns whether there is an earlier run
 * @throws RunFolderError when the folder has content and is not a run, or is a run and `force` is not set
 */
export async function requireRoom(folder: string, force = false): Promise<boolean> {
  let present: string[];
  try {
    present = (await readdir(folder)).filter((name) => name !== LOCK);
    await access(folder, constants.W_OK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    const problem = `${folder}: cannot be used (${message}). Choose another folder.`;
    throw new RunFolderError(problem, { cause });
  }
  if (present.length > 0 && !isRun(present)) {
    throw new RunFolderError(`${folder}: not empty and not a run folder. Choose another folder.`);
  }
  if (present.length > 0 && !force) {
    throw new RunFolderError(
      `${folder}: holds a run already. Choose another, or pass --force (force: true) to replace it.`,
    );
  }
  return present.length > 0;
}

/**
 * Starts a new run in a folder, with its configuration and an empty log.
 *
 * @throws RunFolderError as `requireRoom` and `makeFolder`
 */
export async function createRunFolder(folder: string, config: TrainConfig): Promise<void> {
  await requireRoom(folder);
  await makeFolder(folder);
  await writeJson(join(folder, CONFIG), config);
  await rewriteMetrics(folder, []);
}

/**
 * Puts a new run with its first checkpoint in the place of an earlier one, which stays whole until the new one is. A
 * process killed after that leaves the rest to `openRun`. Files that no run writes are left alone.
 *
 * @param begin writes the checkpoint into the run folder that it gets
 */
export async function replaceRun(
  folder: string,
  config: TrainConfig,
  begin: (folder: string) => Promise<void>,
): Promise<void> {
  await removeLeftovers(folder, isEntry);
  await replaceFolder(join(folder, REPLACEMENT), async (temporary) => {
    await createRunFolder(temporary, config);
    await begin(temporary);
  });
  await takePlace(folder);
}

/** Moves a replacement, where there is one, into its place. Done again after a kill, it goes on. */
async function takePlace(folder: string): Promise<void> {
  const replacement = join(folder, REPLACEMENT);
  if (!existsSync(replacement)) return;
  await removeAll(folder, REST);
  for (const entry of await readdir(replacement)) {
    await removeAll(folder, [entry]);
    await rename(join(replacement, entry), join(folder, entry));
  }
  await rm(replacement, { recursive: true });
}

/** Where the pictures of a run are. */
export function picturesFolder(folder: string): string {
  return join(folder, PICTURES);
}

/**
 * Writes the result of a finished run. The summary comes last: where it is, the run is complete.
 *
 * @param columns of the table that it was trained on, if any: without them, nobody could give the model another row
 */
export async function finishRun(
  folder: string,
  networks: Networks,
  summary: RunSummary,
  columns?: readonly Column[],
): Promise<void> {
  for (const name of ["encoder", "decoder"] as const) {
    await replaceFolder(join(folder, name), (temporary) => saveModel(temporary, networks[name]));
  }
  if (columns) {
    await writeJson(join(folder, COLUMNS), { format: "vaeport-columns", version: 1, columns });
  }
  await writeJson(join(folder, SUMMARY), parseRunSummary(summary));
}

/** A finished run, its networks loaded. */
export interface Run {
  config: TrainConfig;
  metrics: EpochMetrics[];
  summary: RunSummary;
  vae: Vae;
}

/**
 * Loads a finished run.
 *
 * @throws RunFolderError when the folder is no run, its training did not finish, or a file is damaged
 * @throws ConfigError, ManifestError when its configuration or summary breaks its format
 */
export async function loadRun(tf: TensorFlow, folder: string): Promise<Run> {
  await requireFinished(folder);
  const config = await readConfig(join(folder, CONFIG));
  const metrics = await readMetrics(folder);
  const summaryFile = join(folder, SUMMARY);
  const summary = parseRunSummary(parseJson(summaryFile, await readFile(summaryFile, "utf8")));
  const encoder = await loadModel(tf, join(folder, "encoder"));
  const decoder = await loadModel(tf, join(folder, "decoder"));
  return { config, metrics, summary, vae: restoreVae(tf, config, summary, { encoder, decoder }) };
}

/** @throws RunFolderError when the folder is no run, or its training did not finish */
export async function requireFinished(folder: string): Promise<void> {
  if ((await listRun(folder)).includes(SUMMARY)) return;
  throw new RunFolderError(
    `${folder}: its training did not finish. Continue it with: vaeport-train resume ${folder}`,
  );
}

/** The VAE of a run's networks; an optimal variance is the one that training arrived at. */
function restoreVae(
  tf: TensorFlow,
  config: TrainConfig,
  { data, condition, likelihood }: RunSummary,
  networks: Networks,
): Vae {
  const itemShape = data.shape as unknown as ItemShape;
  const vae = vaeOf(tf, config, { itemShape, range: data.range, labels: condition }, networks);
  const { state } = vae.likelihood;
  if (state) setVariance(tf, state, likelihood.parameters.variance!);
  return vae;
}

/** A run to go on with. */
export interface OpenRun {
  config: TrainConfig;
  /** Whether its training came to its end. */
  finished: boolean;
}

/**
 * Opens a run to go on with it, and clears up after a killed process: what it left half-written goes.
 *
 * @throws RunFolderError when the folder is no run
 * @throws ConfigError when its configuration is not valid
 */
export async function openRun(folder: string): Promise<OpenRun> {
  await takePlace(folder);
  const finished = (await listRun(folder)).includes(SUMMARY);
  await removeLeftovers(folder, isEntry);
  return { config: await readConfig(join(folder, CONFIG)), finished };
}

/** Gives a run another configuration, and takes away the result of the one before. */
export async function reconfigureRun(folder: string, config: TrainConfig): Promise<void> {
  await removeAll(folder, RESULT);
  await writeJson(join(folder, CONFIG), config);
}

async function removeAll(folder: string, entries: readonly string[]): Promise<void> {
  for (const entry of entries) await rm(join(folder, entry), { recursive: true, force: true });
}

/** @throws RunFolderError when the folder is no run */
export async function listRun(folder: string): Promise<string[]> {
  const remedy = "Give the folder that train wrote to.";
  let present: string[];
  try {
    present = await readdir(folder);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RunFolderError(`${folder}: cannot be read (${reason}). ${remedy}`, { cause });
  }
  if (isRun(present)) return present;
  throw new RunFolderError(`${folder}: not a run folder. ${remedy}`);
}

function isEntry(name: string): boolean {
  return ENTRIES.includes(name);
}

function isRun(present: readonly string[]): boolean {
  const whole = present.includes(CONFIG) && present.includes(METRICS);
  return whole || present.includes(REPLACEMENT);
}
