/** Folders of the user's cache that appear whole or not at all. */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isAlive, makeFolder } from "@vaeport/infer/files";

/**
 * Creates `folder` by `fill`ing a temporary one beside it and renaming that, so that an
 * interrupted run leaves nothing under the final name. Left-overs of killed runs are removed.
 * When another process finishes first, its folder stands and ours is dropped.
 */
export async function createFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await makeFolder(dirname(folder));
  await removeAbandoned(folder);
  const temporary = `${folder}.${process.pid}-${randomBytes(3).toString("hex")}.partial`;
  await mkdir(temporary);
  try {
    await fill(temporary);
    await rename(temporary, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes the temporary folders of processes that are no longer alive. */
async function removeAbandoned(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.`;
  for (const name of await readdir(dirname(folder))) {
    const pid = /^(\d+)-[0-9a-f]+\.partial$/.exec(name.slice(prefix.length))?.[1];
    if (name.startsWith(prefix) && pid && !isAlive(Number(pid))) {
      await rm(join(dirname(folder), name), { recursive: true, force: true });
    }
  }
}

/** The size of a file in bytes, or undefined when it is not there. */
export async function fileSize(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
