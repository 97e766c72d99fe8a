/** The cache of Node: a folder of the user's. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileCache } from "../file-cache.js";
import { cacheFolder } from "../files/cache.js";

/** A folder with a file for each key: `models` in the user's cache. */
export async function openCacheFolder(folder = join(cacheFolder(), "models")): Promise<FileCache> {
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
