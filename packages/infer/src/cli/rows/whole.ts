/** Reads and writes of a whole range of a file, of which the system may do a part at a time. */
import type { FileHandle } from "node:fs/promises";
import { InputError } from "../../errors.js";
import { OutputError } from "./output-error.js";

/** Bytes of one call: the system refuses 2 GB and more. */
const PIECE = 2 ** 26;

/** The `length` bytes at `position`, in memory of their own. Throws InputError where the file ends before. */
export async function readWhole(
  path: string,
  file: Pick<FileHandle, "read">,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const piece = Math.min(length - done, PIECE);
    const { bytesRead } = await file.read(bytes, done, piece, position + done);
    if (bytesRead === 0) {
      throw new InputError(
        `${path}: expected ${length} bytes at ${position}; got ${done}. It became shorter while it was read: try again.`,
      );
    }
    done += bytesRead;
  }
  return bytes;
}

/** Writes all of `bytes` at `position`. Throws what the system says where they find no room. */
export async function writeWhole(
  path: string,
  file: Pick<FileHandle, "write">,
  position: number,
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const piece = Math.min(bytes.length - done, PIECE);
    const { bytesWritten } = await file.write(bytes, done, piece, position + done);
    if (bytesWritten === 0) {
      throw new OutputError(`cannot write ${path}: nothing more is taken at ${position + done}.`);
    }
    done += bytesWritten;
  }
}
