/** The bytes of a file, read part by part: of whatever size, with progress. */
import { open, readFile, stat } from "node:fs/promises";
import { DataError } from "../errors.js";

/** Of one read; a tenth of a second on a slow disk. */
const PART_BYTES = 2 ** 24;

/** Size of a file; 0 of one that has none, as a pipe. */
export async function fileSize(file: string): Promise<number> {
  return (await system(file, () => stat(file))).size;
}

/**
 * @param onRead told after each part how many bytes there are so far
 * @throws DataError when the file cannot be read
 */
export async function readBytes(
  file: string,
  onRead: (bytes: number) => Promise<void>,
): Promise<Uint8Array> {
  const size = await fileSize(file);
  if (size === 0) return system(file, () => readFile(file));
  const handle = await system(file, () => open(file));
  try {
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const length = Math.min(PART_BYTES, size - done);
      const { bytesRead } = await system(file, () => handle.read(bytes, done, length, done));
      if (bytesRead === 0) break; // it became shorter; who parses it will say so
      done += bytesRead;
      await onRead(done);
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}

/** @throws DataError for any failure of the system */
async function system<T>(file: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${file}: cannot be read (${reason}). Give the path of a file.`, { cause });
  }
}
