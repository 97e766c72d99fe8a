/** Files as commands read them: a range at a time, and by what tells a changed one. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { InputError } from "../../errors.js";

/** Up to `length` bytes in memory of their own, less at the file's end. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Opens a file to read. Throws InputError where there is none. */
export async function openInput(path: string): Promise<FileHandle> {
  await statInput(path);
  return open(path);
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
