/** The items that a command reads: an array in a .npy file, or image files. */
import { createHash } from "node:crypto";
import { opendir } from "node:fs/promises";
import { extname, join } from "node:path";
import { InputError } from "../../errors.js";
import type { Bytes } from "../../input.js";
import type { DataSection } from "../../manifest/types.js";
import { elementCount } from "../../shape.js";
import { imageReader } from "./images.js";
import { openNpy, stampOf, statInput } from "./input-files.js";

/** Rows in order, of which any range can be read; nothing else is held in memory, but the names of images. */
export interface RowSource {
  rows: number;
  /** What stands for a row in parquet: the image's path, or the row's number. */
  id(row: number): string;
  read(start: number, count: number): Promise<Float32Array | Bytes>;
  /** Changes with the files. */
  fingerprint: string;
  close(): Promise<void>;
}

const STAMPS_AT_ONCE = 64;

const IMAGES = new Set([
  ".png",
  ".jpg",
  ".jpeg",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
  ".bmp",
]);

/** Opens what the paths name: one .npy file, or images and folders of them. Throws InputError. */
export async function openSource(
  paths: readonly string[],
  data: DataSection,
  resize: boolean,
): Promise<RowSource> {
  const [first, ...more] = paths;
  if (first !== undefined && extname(first) === ".npy") {
    if (more.length > 0) throw new InputError(`${first}: a .npy file must be the only input.`);
    return openArray(first, data.shape);
  }
  const files = (await Promise.all(paths.map(imagesAt))).flat();
  if (files.length === 0) {
    throw new InputError(
      `no images in ${paths.join(", ")}: expected ${[...IMAGES].join(", ")}, or a .npy file.`,
    );
  }
  const read = await imageReader(data, resize);
  const fingerprint = await stampOfAll(files);
  return {
    rows: files.length,
    id: (row) => files[row]!,
    read: async (start, count) => {
      const images = await Promise.all(files.slice(start, start + count).map(read));
      const size = elementCount(data.shape);
      const bytes = new Uint8Array(images.length * size);
      images.forEach((image, index) => {
        bytes.set(image, index * size);
      });
      return bytes;
    },
    fingerprint,
    close: async () => {},
  };
}

/** The images of a folder and the folders in it, by name; a file stands for itself. */
async function imagesAt(path: string): Promise<string[]> {
  if (!(await statInput(path)).isDirectory()) return [path];
  const files: string[] = [];
  for await (const entry of await opendir(path, { recursive: true })) {
    if (entry.isFile() && IMAGES.has(extname(entry.name).toLowerCase())) {
      files.push(join(entry.parentPath, entry.name));
    }
  }
  return files.sort();
}

/** A hash, a few files at a time: there may be millions. */
async function stampOfAll(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; start < files.length; start += STAMPS_AT_ONCE) {
    const stamps = await Promise.all(files.slice(start, start + STAMPS_AT_ONCE).map(stampOf));
    hash.update(`${stamps.join("\n")}\n`);
  }
  return hash.digest("hex");
}

/** NumPy's types that stand for items: float32 values, and bytes for the data's range. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { "<f4": 4, "|u1": 1 };

function openArray(path: string, item: readonly number[]): Promise<RowSource> {
  return openNpy(path, ({ head, read, fingerprint, close }) => {
    const [rows = 0, ...shape] = head.shape;
    const bytes = ELEMENT_BYTES[head.type];
    const refuse = (remedy: string): never => {
      throw new InputError(
        `${path}: expected float32 or uint8 of shape [n, ${item.join(", ")}]; got ${head.type} of shape [${head.shape.join(", ")}]. ${remedy}`,
      );
    };
    if (bytes === undefined) return refuse("Save array.astype(numpy.float32).");
    // [n, 28, 28] and [n, 784] are as good as [n, 28, 28, 1]: the elements and their order are the same.
    if (elementCount(shape) !== elementCount(item)) {
      return refuse(`Save items of ${elementCount(item)} values each, first axis the batch.`);
    }
    if (rows === 0) return refuse("It holds no items: save one at least.");
    const row = bytes * elementCount(item);
    const readRows = async (start: number, count: number) => {
      const content = await read(start * row, Math.min(count, rows - start) * row);
      if (bytes === 1) return content;
      return new Float32Array(content.buffer, content.byteOffset, content.length / 4);
    };
    return { rows, id: String, read: readRows, fingerprint, close };
  });
}
