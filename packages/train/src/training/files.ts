/** Files and folders that appear whole: written under a temporary name beside the target, then renamed. */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as files from "@vaeport/infer/files";
import { RunFolderError } from "../errors.js";

/**
 * Makes a folder, and those above it.
 *
 * @returns those that were not there, outermost first
 * @throws RunFolderError when it cannot be made
 */
export function makeFolder(folder: string): Promise<string[]> {
  return files.makeFolder(folder).catch((cause: Error) => {
    const problem = `${folder}: cannot be made (${cause.message}). Choose another folder.`;
    throw new RunFolderError(problem, { cause });
  });
}

/** Replaces a folder by what `write` puts into the temporary one. */
export async function replaceFolder(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  await viaTemporary(target, async (temporary) => {
    await mkdir(temporary, { recursive: true });
    await write(temporary);
    await rm(target, { recursive: true, force: true });
  });
}

/** Replaces a file. */
export async function writeWhole(target: string, content: string | Uint8Array): Promise<void> {
  await viaTemporary(target, (temporary) => writeFile(temporary, content, { flush: true }));
}

/** Removes what a killed process left half-written in a folder, of the files and folders that `isOurs` knows. */
export async function removeLeftovers(
  folder: string,
  isOurs: (name: string) => boolean,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const target = /^(.+)\.\d+\.tmp$/.exec(name)?.[1];
    if (target !== undefined && isOurs(target)) await rm(join(folder, name), { recursive: true });
  }
}

/** Replaces a file by indented JSON. */
export async function writeJson(target: string, value: unknown): Promise<void> {
  await writeWhole(target, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws RunFolderError when the text, of a file or line of a run, is not JSON */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunFolderError(`${where}: damaged (not JSON). Train the run again.`, { cause });
  }
}

async function viaTemporary(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
