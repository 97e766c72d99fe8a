/** The run folder: what a training leaves on disk, written so that every file and folder in it is whole. */
import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-node";
import { parseRunSummary, type RunSummary } from "@vaeport/infer/manifest";
import { readConfig, type TrainConfig } from "../config.js";
import { RunFolderError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Networks } from "../vae/layers.js";
import { type Vae, vaeOf } from "../vae/vae.js";
import { replaceFolder, writeJson, writeWhole } from "./files.js";
import type { EpochMetrics } from "./loop.js";

const CONFIG = "config.json";
const METRICS = "metrics.jsonl";
const SUMMARY = "summary.json";
const CHECKPOINTS = "checkpoints";
const PICTURES = "pictures";

/** Everything a run writes, and all that `force` removes. */
const ENTRIES = [CONFIG, METRICS, SUMMARY, CHECKPOINTS, PICTURES, "encoder", "decoder"];

/**
 * Creates the folder of a new run, with its configuration and an empty log.
 *
 * @param force replaces an earlier run there; files that no run writes are left alone
 * @throws RunFolderError when the folder has content and is not a run, or is a run and `force` is not set
 */
export async function createRunFolder(
  folder: string,
  config: TrainConfig,
  force = false,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const present = await readdir(folder);
  if (present.length > 0 && !isRun(present)) {
    throw new RunFolderError(`${folder}: not empty and not a run folder. Choose another folder.`);
  }
  if (present.length > 0 && !force) {
    throw new RunFolderError(
      `${folder}: holds a run already. Choose another, or pass --force (force: true) to replace it.`,
    );
  }
  for (const entry of ENTRIES) await rm(join(folder, entry), { recursive: true, force: true });
  await writeJson(join(folder, CONFIG), config);
  await writeWhole(join(folder, METRICS), "");
}

/** Appends the line of an epoch to the log, in one write. */
export async function appendMetrics(folder: string, metrics: EpochMetrics): Promise<void> {
  await appendFile(join(folder, METRICS), `${JSON.stringify(metrics)}\n`);
}

/** Saves the weights after an epoch, then drops those of the epoch before. */
export async function writeCheckpoint(
  folder: string,
  epoch: number,
  networks: Networks,
): Promise<void> {
  const checkpoints = join(folder, CHECKPOINTS);
  const name = `epoch-${String(epoch).padStart(4, "0")}`;
  await replaceFolder(join(checkpoints, name), (temporary) => saveNetworks(temporary, networks));
  for (const other of await readdir(checkpoints)) {
    if (other !== name) await rm(join(checkpoints, other), { recursive: true });
  }
}

/** Where the pictures of a run are. */
export function picturesFolder(folder: string): string {
  return join(folder, PICTURES);
}

/** Writes the result of a finished run. The summary comes last: where it is, the run is complete. */
export async function finishRun(
  folder: string,
  networks: Networks,
  summary: RunSummary,
): Promise<void> {
  for (const name of ["encoder", "decoder"] as const) {
    await replaceFolder(join(folder, name), (temporary) => saveModel(temporary, networks[name]));
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
  const present = await listRun(folder);
  if (!present.includes(SUMMARY)) {
    throw new RunFolderError(`${folder}: its training did not finish. Train it again.`);
  }
  const config = await readConfig(join(folder, CONFIG));
  const lines = (await readFile(join(folder, METRICS), "utf8")).trimEnd().split("\n");
  const metrics = lines.map((line, i) => {
    return readJson(`${join(folder, METRICS)}, line ${i + 1}`, line) as EpochMetrics;
  });
  const summaryFile = join(folder, SUMMARY);
  const summary = parseRunSummary(readJson(summaryFile, await readFile(summaryFile, "utf8")));
  const encoder = await loadModel(tf, join(folder, "encoder"));
  const decoder = await loadModel(tf, join(folder, "decoder"));
  return { config, metrics, summary, vae: vaeOf({ encoder, decoder }) };
}

async function listRun(folder: string): Promise<string[]> {
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

function isRun(present: readonly string[]): boolean {
  return present.includes(CONFIG) && present.includes(METRICS);
}

function readJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunFolderError(`${where}: damaged (not JSON). Train the run again.`, { cause });
  }
}

async function loadModel(tf: TensorFlow, folder: string): Promise<LayersModel> {
  try {
    return await tf.loadLayersModel(fileUrl(join(folder, "model.json")));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RunFolderError(`${folder}: damaged (${reason}). Train the run again.`, { cause });
  }
}

async function saveNetworks(folder: string, { encoder, decoder }: Networks): Promise<void> {
  await saveModel(join(folder, "encoder"), encoder);
  await saveModel(join(folder, "decoder"), decoder);
}

async function saveModel(folder: string, model: LayersModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  await model.save(fileUrl(folder));
}

/** The address that tf.js takes: it wants the path as it is, not percent-encoded. */
function fileUrl(path: string): string {
  return `file://${path}`;
}
