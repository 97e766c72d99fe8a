/** Files as commands read them: a range at a time, and by what tells a changed one. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { InputError } from "../../errors.js";
import { type NpyHead, parseNpyHead } from "./npy.js";

/** An open .npy file. */
export interface NpyFile {
  head: NpyHead;
  /** Up to `length` of the elements' bytes from the one at `start` on, in memory of their own; less at the end. */
  read(start: number, length: number): Promise<Buffer>;
  /** Changes with the file. */
  fingerprint: string;
  close(): Promise<void>;
}

/** What `use` makes of a .npy file, which is closed where it throws. Throws InputError where there is none. */
export async function openNpy<T>(path: string, use: (file: NpyFile) => T): Promise<T> {
  const fingerprint = await stampOf(path);
  const file = await open(path);
  const close = () => file.close();
  try {
    const head = parseNpyHead(await readAt(file, 0, 4096), path);
    const read = (start: number, length: number) => readAt(file, head.offset + start, length);
    return use({ head, read, fingerprint, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
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
