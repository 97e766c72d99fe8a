/**
 * Folders, and those above them, made one by one: `mkdir` with `recursive` never ends where the system says ENOENT of a
 * folder whose parent is there, as in /proc (Node 20).
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * @returns those that were not there, outermost first
 * @throws what the system says where one cannot be made
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const above = existsSync(dirname(folder)) ? [] : await makeFolder(dirname(folder));
  try {
    await mkdir(folder);
    return [...above, folder];
  } catch (error) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return above;
    throw error;
  }
}

/** As `makeFolder`. */
export function makeFolderSync(folder: string): void {
  if (!existsSync(dirname(folder))) makeFolderSync(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
