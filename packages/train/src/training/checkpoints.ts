/** The checkpoints of a run: the latest are kept, and a damaged one gives way to the one before. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "../errors.js";
import type { Networks } from "../vae/layers.js";
import { type Checkpoint, readCheckpoint, type Training, writeCheckpoint } from "./checkpoint.js";
import { removeLeftovers, replaceFolder } from "./files.js";
import { saveNetworks } from "./networks.js";
import type { Snapshot } from "./snapshot.js";

/** Name of the folder in a run. */
export const CHECKPOINTS = "checkpoints";

/** `epoch-0003` after three whole epochs, `epoch-0003-step-000012` twelve steps later. */
function checkpointName({ metrics, step }: Snapshot): string {
  const epoch = `epoch-${String(metrics.length).padStart(4, "0")}`;
  return step === 0 ? epoch : `${epoch}-step-${String(step).padStart(6, "0")}`;
}

const NAME = /^epoch-(\d+)(?:-step-(\d+))?$/;

/** Names of the checkpoints in a folder, the latest first. */
async function listCheckpoints(folder: string): Promise<string[]> {
  const position = (name: string) =>
    NAME.exec(name)!
      .slice(1)
      .map((digits) => Number(digits ?? 0));
  return (await readdir(folder))
    .filter((name) => NAME.test(name))
    .sort((a, b) => {
      const [[epochA, stepA], [epochB, stepB]] = [position(a), position(b)];
      return epochB! - epochA! || stepB! - stepA!;
    });
}

/** Saves a snapshot beside the networks as tf.js LayersModels, then drops all but the latest `keepCheckpoints`. */
export async function saveCheckpoint(
  runFolder: string,
  training: Training,
  networks: Networks,
  snapshot: Snapshot,
): Promise<void> {
  const folder = join(runFolder, CHECKPOINTS);
  await replaceFolder(join(folder, checkpointName(snapshot)), async (temporary) => {
    await saveNetworks(temporary, networks);
    await writeCheckpoint(temporary, training, snapshot);
  });
  for (const name of (await listCheckpoints(folder)).slice(
    training.config.training.keepCheckpoints,
  )) {
    await rm(join(folder, name), { recursive: true });
  }
}

/** Where a run can be continued from. */
export interface LatestCheckpoint {
  /** Undefined where none was written: from the beginning. */
  checkpoint?: Checkpoint & { name: string };
  /** Later ones, which are damaged, each with the reason. */
  damaged: CheckpointError[];
}

/**
 * Finds the latest sound checkpoint; removes the damaged ones after it, and what a killed process left half-written.
 *
 * @throws CheckpointError when there are checkpoints, and all are damaged
 */
export async function latestCheckpoint(runFolder: string): Promise<LatestCheckpoint> {
  const folder = join(runFolder, CHECKPOINTS);
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder, (name) => NAME.test(name));
  const damaged: CheckpointError[] = [];
  for (const name of await listCheckpoints(folder)) {
    try {
      const checkpoint = await readCheckpoint(join(folder, name));
      for (const { path } of damaged) await rm(path, { recursive: true });
      return { checkpoint: { ...checkpoint, name }, damaged };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      damaged.push(error);
    }
  }
  if (damaged.length === 0) return { damaged };
  throw new CheckpointError(
    folder,
    `none is sound: ${damaged.map(({ message }) => message).join(" ")} Train the run again, with --force.`,
    { cause: damaged[0] },
  );
}
