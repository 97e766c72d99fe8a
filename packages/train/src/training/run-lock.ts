/** One process at a time in a run folder: two would mix their lines in its log. */
import { rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { RunFolderError } from "../errors.js";
import { makeFolder } from "./files.js";
import { type Holder, STALE_MILLISECONDS, withLockOr } from "./lock.js";
import { LOCK } from "./run-folder.js";

/**
 * Runs `work` while no other process may train into the folder, which is made where it is not there, and removed again
 * where nothing was written to it.
 *
 * @throws RunFolderError when another process trains into it, or it cannot be made or written to
 */
export async function withRunLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const made = await makeFolder(folder);
  const file = join(folder, LOCK);
  let begun = false;
  try {
    return await withLockOr(
      file,
      (holder) => inUse(folder, holder),
      () => {
        begun = true;
        return work();
      },
    );
  } catch (cause) {
    if (begun || cause instanceof RunFolderError) throw cause;
    const reason = (cause as Error).message;
    const problem = `${folder}: cannot be locked (${reason}). Make room there, or allow writing.`;
    throw new RunFolderError(problem, { cause });
  } finally {
    for (const each of made.reverse()) await rmdir(each).catch(() => {}); // fails where there is something
  }
}

function inUse(folder: string, holder: Holder | undefined): RunFolderError {
  const process = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
  const elsewhere = holder?.host !== hostname();
  const minutes = STALE_MILLISECONDS / 60_000;
  return new RunFolderError(
    `${folder}: is being trained by ${process}. Wait for it or stop it, then try again` +
      (elsewhere ? `; if it was killed, its ${LOCK} is void after ${minutes} minutes.` : "."),
  );
}
