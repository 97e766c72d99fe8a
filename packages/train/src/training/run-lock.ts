/** One process at a time in a run folder: two would mix their lines in its log. */
import { rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  type Holder,
  nameOf,
  readHolder,
  STALE_MILLISECONDS,
  takeLock,
  type Unlock,
} from "@vaeport/infer/files";
import { RunFolderError } from "../errors.js";
import { makeFolder } from "./files.js";
import { LOCK } from "./run-folder.js";

/**
 * Runs `work` while no other process may train into the folder, which is made where it is not there, and removed again
 * where nothing was written to it.
 *
 * @throws RunFolderError when another process trains into it, or it cannot be made or written to
 */
export async function withRunLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const made = await makeFolder(folder);
  try {
    const unlock = await lock(folder);
    try {
      return await work();
    } finally {
      await unlock();
    }
  } finally {
    for (const each of made.reverse()) await rmdir(each).catch(() => {}); // fails where there is something
  }
}

async function lock(folder: string): Promise<Unlock> {
  const file = join(folder, LOCK);
  const unlock = await takeLock(file).catch((cause: Error) => {
    const problem = `${folder}: cannot be locked (${cause.message}). Make room there, or allow writing.`;
    throw new RunFolderError(problem, { cause });
  });
  if (!unlock) throw inUse(folder, await readHolder(file));
  return unlock;
}

function inUse(folder: string, holder: Holder | undefined): RunFolderError {
  const elsewhere = holder?.host !== hostname();
  const minutes = STALE_MILLISECONDS / 60_000;
  return new RunFolderError(
    `${folder}: is being trained by ${nameOf(holder)}. Wait for it or stop it, then try again` +
      (elsewhere ? `; if it was killed, its ${LOCK} is void after ${minutes} minutes.` : "."),
  );
}
