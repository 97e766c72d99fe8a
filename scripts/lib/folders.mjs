/** The repository's folder and the user's cache. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** `$VAEPORT_CACHE`, else `vaeport` in the platform's cache folder (as packages/train has it). */
export function cacheFolder() {
  const { VAEPORT_CACHE, XDG_CACHE_HOME } = process.env;
  if (VAEPORT_CACHE) return VAEPORT_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "vaeport");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "vaeport");
  return join(homedir(), ".cache", "vaeport");
}

/**
 * Fills a temporary folder and renames it to `folder`: an interrupted run leaves nothing there.
 *
 * @param {string} folder
 * @param {(temporary: string) => Promise<void>} fill
 */
export async function createFolder(folder, fill) {
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.partial-`);
  try {
    await fill(temporary);
    try {
      renameSync(temporary, folder);
    } catch (error) {
      // Another process was faster; its folder is as good.
      if (
        !["ENOTEMPTY", "EEXIST"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")
      )
        throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
