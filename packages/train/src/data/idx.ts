/** Reader of IDX files, the format of MNIST: a magic number, the sizes of the axes, then the values. */
import { createHash } from "node:crypto";
import { DataError } from "../errors.js";

/** An array of unsigned bytes, row-major. */
export interface ByteArray {
  shape: number[];
  values: Uint8Array;
}

/** What a file must be, besides well-formed; each is checked where given. */
export interface IdxExpectation {
  /** How messages call the file. */
  where?: string;
  /** Number of axes. */
  rank?: number;
  /** MD5 of the whole file, in hexadecimal. */
  md5?: string;
}

const UNSIGNED_BYTE = 0x08;

/** Values of the third byte: http://yann.lecun.com/exdb/mnist/, "the IDX file format". */
const TYPES: Record<number, string> = {
  [UNSIGNED_BYTE]: "unsigned byte",
  9: "signed byte",
  11: "short",
  12: "int",
  13: "float",
  14: "double",
};

/**
 * Parses an IDX file of unsigned bytes; the values are a view of `bytes`.
 *
 * @throws DataError when the magic number, type, rank, length or checksum is not as it must be
 */
export function parseIdx(bytes: Uint8Array, expectation: IdxExpectation = {}): ByteArray {
  const { where = "IDX data", rank, md5 } = expectation;
  const fail = (message: string) => new DataError(`${where}: ${message}`);

  if (bytes.length < 4) {
    throw fail(`truncated: ${bytes.length} bytes, and an IDX file opens with 4. Fetch it again.`);
  }
  const [zero, alsoZero, type, axes] = bytes as unknown as [number, number, number, number];
  if (zero !== 0 || alsoZero !== 0 || TYPES[type] === undefined) {
    const magic = [zero, alsoZero, type, axes].map((b) => b.toString(16).padStart(2, "0")).join("");
    const gzip = zero === 0x1f && alsoZero === 0x8b;
    throw fail(
      `not an IDX file: it opens with 0x${magic}.${gzip ? " It is compressed: run gunzip." : ""}`,
    );
  }
  if (type !== UNSIGNED_BYTE) {
    throw fail(
      `holds values of type ${TYPES[type]}; only unsigned bytes are read. Save it as .npy.`,
    );
  }
  if (axes === 0 || (rank !== undefined && axes !== rank)) {
    throw fail(`has ${axes} axes, expected ${rank ?? "at least 1"}.`);
  }
  const header = 4 + 4 * axes;
  if (bytes.length < header) {
    throw fail(`truncated: ${bytes.length} bytes, its header alone has ${header}. Fetch it again.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const length = header + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== length) {
    const verdict = bytes.length < length ? "truncated" : "too long";
    throw fail(
      `${verdict}: ${bytes.length} bytes, and shape [${shape.join(", ")}] takes ${length}. Fetch it again.`,
    );
  }
  if (md5 !== undefined) verifyMd5(bytes, md5, fail);
  return { shape, values: bytes.subarray(header) };
}

function verifyMd5(bytes: Uint8Array, md5: string, fail: (message: string) => DataError): void {
  const found = createHash("md5").update(bytes).digest("hex");
  if (found !== md5) {
    throw fail(`corrupt: its MD5 is ${found}, expected ${md5}. Fetch it again.`);
  }
}
