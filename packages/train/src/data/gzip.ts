/** Files that gzip compressed, told by their first bytes whatever they are called. */
import { open, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DataError } from "../errors.js";

/** RFC 1952, 2.3.1: ID1 and ID2. */
const MAGIC = [0x1f, 0x8b] as const;

const isCompressed = (bytes: Uint8Array) => MAGIC.every((byte, i) => bytes[i] === byte);

/**
 * What a file holds; the bytes themselves where they are not compressed.
 *
 * @throws DataError when they are, and damaged
 */
export async function unpack(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (!isCompressed(bytes)) return bytes;
  try {
    return await promisify(gunzip)(bytes);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${file}: cannot be uncompressed (${reason}). Fetch it again.`, { cause });
  }
}

/** Whether a file is compressed; not of a pipe, whose first bytes can be read once. */
export async function isCompressedFile(file: string): Promise<boolean> {
  if (!(await stat(file)).isFile()) return false;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(MAGIC.length));
    return isCompressed(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
