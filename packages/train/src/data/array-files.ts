/** Items and their classes out of .npy or IDX files. */
import { basename } from "node:path";
import type { ArraysConfig } from "../config/data.js";
import { DataError } from "../errors.js";
import { fileSize, readBytes } from "./file-bytes.js";
import { unpack } from "./gzip.js";
import { parseIdx } from "./idx.js";
import { type NumberArray, openNpy } from "./npy.js";
import type { Reading } from "./reading.js";
import type { DataSource, ItemArray } from "./source.js";
import { splitItems } from "./split.js";
import { rangeOf } from "./values.js";

/** Items as a file holds them. */
type FileItems = ItemArray & Pick<NumberArray, "type">;

/** Of labels; far larger ones are identifiers or dates, by mistake. */
const LARGEST_LABEL = 65535;

/** Elements that become numbers at a time: a hundredth of a second. */
const PART = 2 ** 20;

/** Told which part of the elements have become numbers. */
type Converting = (part: number) => Promise<void>;

const PARSERS: {
  [N in ArraysConfig["name"]]: (
    bytes: Uint8Array,
    where: string,
    converting: Converting,
  ) => Promise<NumberArray>;
} = {
  async npy(bytes, where, converting) {
    const array = openNpy(bytes, where);
    const { length } = array.values;
    for (let from = 0; from < length; from += PART) {
      const to = Math.min(from + PART, length);
      array.convert(from, to);
      await converting(to / length);
    }
    return array;
  },
  async idx(bytes, where) {
    return { ...parseIdx(bytes, { where }), type: "u1" };
  },
};

/** @throws DataError naming the file that cannot be read, or does not fit the others */
export async function readArrayFiles(config: ArraysConfig, reading: Reading): Promise<DataSource> {
  const { name, train, trainLabels, test, testLabels, heldOut } = config;
  const files = [train, trainLabels, test, testLabels].filter((file) => file !== undefined);
  const sizes = await Promise.all(files.map(fileSize));
  const work = 2 * sizes.reduce((a, b) => a + b, 0); // each byte is read and made a number
  let done = 0;
  const read = async (file: string) => {
    const stored = await readBytes(file, (count) => reading(done + count, work));
    const array = await PARSERS[name](await unpack(stored, file), file, (part) =>
      reading(done + stored.length * (1 + part), work),
    );
    done += 2 * stored.length;
    await reading(done, work);
    return array;
  };
  const all = await readItems(train, trainLabels, read);
  const heldOutItems = test === undefined ? undefined : await readItems(test, testLabels, read);
  if (heldOutItems) requireSameItems(all, heldOutItems, train, test!);
  const given = heldOutItems ? [all, heldOutItems] : [all];
  const classes = classNames(given);
  return {
    ...(heldOutItems ? { train: all, test: heldOutItems } : splitItems(all, heldOut)),
    name: basename(train),
    ...(classes && { classes }),
    range: rangeOf(given, [train, test ?? train], config.range),
  };
}

async function readItems(
  file: string,
  labelsFile: string | undefined,
  read: (file: string) => Promise<NumberArray>,
): Promise<FileItems> {
  const { shape, values, type } = await read(file);
  const items = { shape: itemsShape(shape, file), values, type };
  if (labelsFile === undefined) return items;
  const labels = await read(labelsFile);
  const valid = labels.values.every((value) => Number.isInteger(value) && value >= 0);
  if (labels.shape.length !== 1 || labels.shape[0] !== shape[0] || !valid) {
    throw new DataError(
      `${labelsFile}: has shape [${labels.shape.join(", ")}]${valid ? "" : " and values that are no classes"}; ` +
        `expected a whole number from 0 for each of the ${shape[0]} items of ${file}.`,
    );
  }
  requireSmallLabels(labels.values, labelsFile);
  return { ...items, labels: Int32Array.from(labels.values) };
}

/** Before they become int32, in which a larger one would be another. */
function requireSmallLabels(labels: NumberArray["values"], file: string): void {
  const item = labels.findIndex((label) => label > LARGEST_LABEL);
  if (item < 0) return;
  throw new DataError(
    `${file}: the label of item ${item} is ${labels[item]}, expected at most ${LARGEST_LABEL}, since each number ` +
      "up to the largest is a class. Number the classes from 0.",
  );
}

/** [N, H, W, C], of [N, H, W] as well, or [N, D]. */
function itemsShape(shape: readonly number[], file: string): ItemArray["shape"] {
  const [count, ...item] = shape;
  if (count === 0 || item.includes(0)) {
    throw new DataError(`${file}: empty (shape [${shape.join(", ")}]). Give at least one item.`);
  }
  switch (item.length) {
    case 1:
      return [count!, item[0]!];
    case 2:
      return [count!, item[0]!, item[1]!, 1];
    case 3:
      return [count!, item[0]!, item[1]!, item[2]!];
    default:
      throw new DataError(
        `${file}: has shape [${shape.join(", ")}]; expected [N, H, W], [N, H, W, C] or [N, D].`,
      );
  }
}

function requireSameItems(
  train: FileItems,
  test: FileItems,
  trainFile: string,
  testFile: string,
): void {
  const [ours, theirs] = [train, test].map(({ shape }) => shape.slice(1).join(", "));
  if (ours !== theirs) {
    throw new DataError(
      `${testFile}: items of shape [${theirs}], and those of ${trainFile} have [${ours}].`,
    );
  }
  // Bytes are scaled and other numbers are not: items of both would not be on one scale.
  if (train.values.constructor === test.values.constructor) return;
  throw new DataError(
    `${testFile}: holds elements of type ${test.type}, and ${trainFile} ones of ${train.type}; bytes (u1) ` +
      "become 0..1, and other numbers stay as they are. Save both as one type.",
  );
}

/** "0", "1", … up to the largest label, where all sets have labels. */
function classNames(sets: readonly ItemArray[]): string[] | undefined {
  if (sets.some(({ labels }) => labels === undefined)) return undefined;
  const largest = sets.reduce(
    (most, { labels }) => Int32Array.from(labels!).reduce((a, b) => Math.max(a, b), most),
    0,
  );
  return Array.from({ length: largest + 1 }, (_, label) => String(label));
}
