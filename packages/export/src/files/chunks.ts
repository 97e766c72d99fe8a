/** Bytes of several files as one stretch, read piece by piece. */

/** A file: how long it is, and how to read a part of it into a buffer. */
export interface ByteFile {
  readonly size: number;
  readInto(target: Uint8Array, offset: number): void;
}

/** A stretch of bytes; `read` gives a copy of a part of it. */
export interface ByteSource extends ByteFile {
  read(offset: number, length: number): Uint8Array;
}

/** The files one behind the other. */
export function joinFiles(files: readonly ByteFile[]): ByteSource {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const readInto = (target: Uint8Array, offset: number) => {
    let start = 0;
    for (const file of files) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + target.length, start + file.size);
      if (from < to) file.readInto(target.subarray(from - offset, to - offset), from - start);
      start += file.size;
    }
  };
  return {
    size,
    readInto,
    read(offset, length) {
      const result = new Uint8Array(length);
      readInto(result, offset);
      return result;
    },
  };
}

/** A part piece by piece, all in one buffer: a piece is good until the next is asked for. */
export function* readPieces(
  file: ByteFile,
  { offset, length, most }: { offset: number; length: number; most: number },
): Generator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(Math.min(most, length));
  for (let done = 0; done < length; done += buffer.length) {
    const piece = buffer.subarray(0, length - done);
    file.readInto(piece, offset + done);
    yield piece;
  }
}

/** A file whose bytes are in memory. */
export function memoryFile(bytes: Uint8Array): ByteFile {
  return {
    size: bytes.length,
    readInto: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}
