/** Continues a training that was stopped, to the same end as if it had not been. */
import { join, resolve } from "node:path";
import { isObject } from "../argument.js";
import { parseConfig, type TrainConfig } from "../config.js";
import { RunFolderError } from "../errors.js";
import { CHECKPOINTS, latestCheckpoint } from "./checkpoints.js";
import { requireLength } from "./length.js";
import { rewriteMetrics } from "./metrics-log.js";
import { listRun, openRun, reconfigureRun, requireFolder } from "./run-folder.js";
import { withRunLock } from "./run-lock.js";
import { runTraining, type TrainEvent, type TrainOptions, type TrainResult } from "./train.js";

/** What `resume` reports first; what `train` reports follows. */
export interface ResumedEvent {
  type: "resumed";
  config: TrainConfig;
  /** Whole epochs that are done, and steps after them. */
  epoch: number;
  step: number;
  /** Why each later checkpoint was passed over, and removed. */
  damaged: string[];
}

/** How far a resumed training goes, and how it is watched and stopped. */
export interface ResumeOptions extends Pick<TrainOptions, "signal"> {
  /** Ends after so many epochs in all, in place of the config's `training.epochs`; a finished run goes on to them. */
  epochs?: number;
  onEvent?: (event: TrainEvent | ResumedEvent) => void;
}

/**
 * Continues the training of a run folder from its latest sound checkpoint, or from the beginning where none was written
 * yet. On the same machine with the same library, the final weights and losses are those of a training that was never
 * stopped, to the bit; of one of `epochs` epochs from its start, where those are given.
 *
 * @throws RunFolderError when the folder is no run, one that another process trains, or a finished one that no more
 *   `epochs` are given for or can be, its config.json or its data was changed, or its checkpoints are of another version
 * @throws ConfigError when `epochs` is no number of epochs
 * @throws CheckpointError when every checkpoint is damaged
 * @throws what `train` throws
 */
export async function resume(runFolder: string, options: ResumeOptions = {}): Promise<TrainResult> {
  requireFolder("resume", runFolder);
  const folder = resolve(runFolder);
  await listRun(folder); // nothing is written to what is no run
  return withRunLock(folder, () => resumeHere(folder, options));
}

async function resumeHere(
  folder: string,
  { epochs, signal, onEvent }: ResumeOptions,
): Promise<TrainResult> {
  const { config: configured, finished } = await openRun(folder);
  if (finished && epochs === undefined) {
    const problem = "its training is finished, there is nothing to resume";
    throw new RunFolderError(`${folder}: ${problem}. For more epochs, pass --epochs (epochs).`);
  }
  const config =
    epochs === undefined
      ? configured
      : parseConfig(withEpochs(configured, epochs), "resume, epochs");
  const { checkpoint, damaged } = await latestCheckpoint(folder);
  if (checkpoint) {
    const where = join(CHECKPOINTS, checkpoint.name);
    requireSameConfig(`${folder}: config.json`, where, config, checkpoint.config);
    requireLength(folder, config, { ...checkpoint, finished });
  } else if (finished) {
    const problem = `holds no checkpoint in ${CHECKPOINTS} to go on from`;
    throw new RunFolderError(`${folder}: ${problem}. Train it again, into another folder.`);
  }
  const start = checkpoint?.snapshot;
  const metrics = start?.metrics ?? [];
  onEvent?.({
    type: "resumed",
    config,
    epoch: metrics.length,
    step: start?.step ?? 0,
    damaged: damaged.map(({ message }) => message),
  });
  const prepare = async () => {
    if (epochs !== undefined) await reconfigureRun(folder, config);
    await rewriteMetrics(folder, metrics);
  };
  const given = { ...(signal && { signal }), ...(onEvent && { onEvent }) };
  return runTraining(config, { folder, prepare, start, trainedOn: checkpoint?.data, ...given });
}

function withEpochs(config: TrainConfig, epochs: number): TrainConfig {
  return { ...config, training: { ...config.training, epochs } };
}

/** But for the number of epochs, which may become another. */
function requireSameConfig(
  where: string,
  checkpoint: string,
  now: TrainConfig,
  then: TrainConfig,
): void {
  const changes = differences(now, withEpochs(then, now.training.epochs));
  if (changes.length === 0) return;
  throw new RunFolderError(
    `${where} is not that of ${checkpoint}: ${changes.join("; ")}. ` +
      "Put it back to resume, or train with the new one into another folder.",
  );
}

/** Keys at which two values differ, with both. */
export function differences(now: unknown, then: unknown, path = ""): string[] {
  if (isObject(now) && isObject(then)) {
    const keys = new Set([...Object.keys(now), ...Object.keys(then)]);
    return [...keys].flatMap((key) => {
      return differences(now[key], then[key], path === "" ? key : `${path}.${key}`);
    });
  }
  const [text, before] = [now, then].map((value) => JSON.stringify(value) ?? "absent");
  return text === before ? [] : [`${path} is ${text}, was ${before}`];
}
