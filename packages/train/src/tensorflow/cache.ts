/** The user's cache folder, and folders in it that appear whole or not at all. */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isAlive } from "../is-alive.js";

/** `$VAEPORT_CACHE`, else `vaeport` in the platform's cache folder. */
export function cacheFolder(): string {
  const { VAEPORT_CACHE, XDG_CACHE_HOME } = process.env;
  if (VAEPORT_CACHE) return VAEPORT_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "vaeport");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "vaeport");
  return join(homedir(), ".cache", "vaeport");
}

/**
 * Creates `folder` by `fill`ing a temporary one beside it and renaming that, so that an
 * interrupted run leaves nothing under the final name. Left-overs of killed runs are removed.
 * When another process finishes first, its folder stands and ours is dropped.
 */
export async function createFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
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
