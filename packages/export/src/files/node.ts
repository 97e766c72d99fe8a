/** Files in Node, behind `#files`: read by path or address, written whole or not at all. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceError, TargetError } from "../errors.js";
import { fetchBytes, isUrl } from "./fetch.js";

/** The bytes behind a path, a `file:` address or an HTTP address. Throws SourceError. */
export async function readBytes(location: string): Promise<Uint8Array> {
  if (isUrl(location)) return fetchBytes(location);
  const path = location.startsWith("file:") ? fileURLToPath(location) : location;
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === "ENOENT" ? "there is no such file" : String(code);
    throw new SourceError(`Cannot read ${path}: ${reason}. Check the path.`, { cause });
  }
}

/** Where `name` lies that stands in the same folder as `location`. */
export function beside(location: string, name: string): string {
  if (isUrl(location) || location.startsWith("file:")) return new URL(name, location).href;
  return join(dirname(location), name);
}

/** Where `name` lies inside a folder. */
export function inside(folder: string, name: string): string {
  return isUrl(folder) ? beside(folder.replace(/\/?$/, "/"), name) : join(folder, name);
}

/** The files of a folder (not of its subfolders) by name; none where there is no folder. */
export async function readFolder(folder: string): Promise<Record<string, Uint8Array>> {
  if (!existsSync(folder)) return {};
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const contents = names.sort().map(async (name) => [name, await readBytes(join(folder, name))]);
  return Object.fromEntries(await Promise.all(contents));
}

// Writing is synchronous on purpose: a SIGINT is handled before it or after it, never in between.

/** Writes a file that appears whole. Throws TargetError where it exists and `force` is not set. */
export function writeFileWhole(path: string, bytes: Uint8Array, force: boolean): void {
  if (existsSync(path) && !force) {
    throw new TargetError(`${path} exists. Pass --force (force: true) to replace it.`);
  }
  appear(path, (partial) => writeFileSync(partial, bytes));
}

/**
 * Writes a folder that appears whole, `files` by path inside it. A folder that is in the way is
 * replaced if it is empty, or with `force` if it holds something named `mark`, by which such
 * folders are known. Throws TargetError otherwise.
 */
export function writeFolderWhole(
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
  { force, mark }: { force: boolean; mark: string },
): void {
  const target = resolve(folder);
  const old = existsSync(target) ? `${target}.${process.pid}.old` : undefined;
  if (old !== undefined) needReplaceable(target, force, mark);
  try {
    appear(target, (partial) => {
      for (const [name, bytes] of Object.entries(files)) {
        mkdirSync(dirname(join(partial, name)), { recursive: true });
        writeFileSync(join(partial, name), bytes);
      }
      if (old !== undefined) renameSync(target, old);
    });
  } finally {
    if (old !== undefined && !existsSync(target)) renameSync(old, target); // the new one failed
  }
  if (old !== undefined) rmSync(old, { recursive: true });
}

function needReplaceable(folder: string, force: boolean, mark: string): void {
  const names = readdirSync(folder);
  if (names.length === 0) return;
  if (!force) throw new TargetError(`${folder} exists. Pass --force (force: true) to replace it.`);
  if (!names.includes(mark)) {
    throw new TargetError(
      `${folder} holds other things than ${mark} and its files, so it is not replaced. Choose another folder.`,
    );
  }
}

/** Makes something under a temporary name beside its target, then renames it. */
function appear(target: string, make: (partial: string) => void): void {
  const partial = `${target}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    make(partial);
    renameSync(partial, target);
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TargetError(`Cannot write ${target}: ${reason}.`, { cause });
  }
}
