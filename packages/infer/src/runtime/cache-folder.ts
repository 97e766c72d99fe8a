/** The cache of Node: a folder of the user's. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { FileCache } from "../file-cache.js";

/** `vaeport` in the platform's place for caches; `VAEPORT_CACHE` names another folder. */
export function userCache(): string {
  const { VAEPORT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (VAEPORT_CACHE) return VAEPORT_CACHE;
  const place =
    process.platform === "win32"
      ? (LOCALAPPDATA ?? join(homedir(), "AppData", "Local"))
      : process.platform === "darwin"
        ? join(homedir(), "Library", "Caches")
        : XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(place, "vaeport");
}

/** A folder with a file for each key: `models` in the user's cache. */
export async function openCacheFolder(folder = join(userCache(), "models")): Promise<FileCache> {
  return {
    async get(key) {
      try {
        return await readFile(join(folder, key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async put(key, bytes) {
      await mkdir(folder, { recursive: true });
      const part = join(folder, `${key}.${randomUUID()}.part`);
      try {
        await writeFile(part, bytes);
        await rename(part, join(folder, key));
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}
