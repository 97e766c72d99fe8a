/** Files as commands read them: a range at a time, and by what tells a changed one. */
import { open, stat } from "node:fs/promises";
import { InputError } from "../../errors.js";
import { arrayBytes, type NpyHead, parseNpyHead, requireBytes } from "./npy.js";
import { readWhole } from "./whole.js";

/** An open .npy file. */
export interface NpyFile {
  head: NpyHead;
  /** `length` of the elements' bytes from the one at `start` on, in memory of their own. */
  read(start: number, length: number): Promise<Buffer>;
  /** Changes with the file. */
  fingerprint: string;
  close(): Promise<void>;
}

/** More than NumPy's longest head of version 1. */
const HEAD_BYTES = 2 ** 17;

/**
 * What `use` makes of a .npy file, which is closed where it throws. Throws InputError where there is none, or where it
 * is shorter than its head says.
 */
export async function openNpy<T>(path: string, use: (file: NpyFile) => T): Promise<T> {
  const fingerprint = await stampOf(path);
  const file = await open(path);
  const close = () => file.close();
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new InputError(`${path}: expected a .npy file; got a folder.`);
    const { size } = stats;
    const head = parseNpyHead(await readWhole(path, file, 0, Math.min(size, HEAD_BYTES)), path);
    requireBytes(path, head.offset + arrayBytes(head), size);
    const read = (start: number, length: number) =>
      readWhole(path, file, head.offset + start, length);
    return use({ head, read, fingerprint, close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Changes with the file. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs } = await statInput(path);
  return `${path} ${size} ${mtimeMs}`;
}

export async function statInput(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new InputError(`${path}: there is no such file or folder.`, { cause });
  }
}
