/** Files in Node, behind `#files`: read by path or address, written whole or not at all. */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolderSync } from "@vaeport/infer/files";
import { ExportError, SourceError, TargetError } from "../errors.js";
import { type ByteFile, memoryFile } from "./chunks.js";
import { fetchBytes, isUrl } from "./fetch.js";

export { type ByteFile, type ByteSource, joinFiles, readPieces } from "./chunks.js";

/** Bytes read or written in one call: the system refuses 2 GB and more. */
const PIECE = 2 ** 26;

/** The bytes behind a path, a `file:` address or an HTTP address. Throws SourceError. */
export async function readBytes(location: string): Promise<Uint8Array> {
  if (isUrl(location)) return fetchBytes(location);
  const path = location.startsWith("file:") ? fileURLToPath(location) : location;
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A file's bytes behind a path are read when they are asked for, those behind an HTTP address are fetched here. */
export async function openFile(location: string): Promise<ByteFile> {
  if (isUrl(location)) return memoryFile(await fetchBytes(location));
  const path = location.startsWith("file:") ? fileURLToPath(location) : location;
  try {
    return { size: (await stat(path)).size, readInto: (target, at) => readPart(path, target, at) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function readPart(path: string, target: Uint8Array, offset: number): void {
  const file = openSync(path, "r");
  try {
    for (let done = 0; done < target.length; ) {
      const length = Math.min(target.length - done, PIECE);
      const count = readSync(file, target, done, length, offset + done);
      if (count === 0)
        throw new SourceError(`${path} became shorter while it was read. Try again.`);
      done += count;
    }
  } finally {
    closeSync(file);
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file",
};

function unreadable(path: string, cause: unknown): SourceError {
  const code = (cause as NodeJS.ErrnoException).code;
  const reason = UNREADABLE[String(code)] ?? String(code);
  return new SourceError(`Cannot read ${path}: ${reason}. Check the path.`, { cause });
}

/** Where `name` lies that stands in the same folder as `location`. */
export function beside(location: string, name: string): string {
  if (isUrl(location) || location.startsWith("file:")) return new URL(name, location).href;
  return join(dirname(location), name);
}

/** SHA-256 of pieces one behind the other, in lower-case hexadecimal; each piece is used before the next is made. */
export async function sha256Of(pieces: Iterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return basename(path);
}

/** The bytes of a file, undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return existsSync(path) ? readBytes(path) : undefined;
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

/** Throws TargetError where a file exists and `force` is not set, or something exists that is no file. */
export function needFree(paths: readonly string[], force: boolean): void {
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const found = statSync(path);
    if (!found.isFile()) {
      const kind = found.isDirectory() ? "a folder" : "a device or the like";
      throw new TargetError(`${path} is ${kind}, where a file is to be. Choose another name.`);
    }
    if (!force) throw new TargetError(`${path} exists. Pass --force (force: true) to replace it.`);
  }
}

/**
 * Writes files piece by piece, each under a temporary name; only when all are written do they appear, the
 * first one last. Throws TargetError where one exists and `force` is not set, or cannot be written.
 */
export function writeFilesWhole(
  files: readonly { path: string; pieces: Iterable<Uint8Array> }[],
  force: boolean,
): void {
  needFree(
    files.map(({ path }) => path),
    force,
  );
  const [file, ...more] = files;
  if (file === undefined) return;
  appear(file.path, (partial) => {
    writePieces(partial, file.pieces);
    writeFilesWhole(more, force);
  });
}

function writePieces(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(path, "w");
  try {
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; ) {
        done += writeSync(file, piece, done, Math.min(piece.length - done, PIECE));
      }
    }
  } finally {
    closeSync(file);
  }
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
        makeFolderSync(dirname(join(partial, name)));
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
  if (!statSync(folder).isDirectory()) {
    throw new TargetError(`${folder} is a file, where a folder is to be. Choose another folder.`);
  }
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
    makeFolderSync(dirname(target));
    make(partial);
    renameSync(partial, target);
  } catch (cause) {
    // Where the folder is a file, there is nothing to remove, and removing it would fail as well.
    if (existsSync(partial)) rmSync(partial, { recursive: true });
    if (cause instanceof ExportError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TargetError(`Cannot write ${target}: ${reason}.`, { cause });
  }
}
