/** A folder of images: sub-folders are classes; files are decoded, resized and made grey or colour. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ImagesConfig } from "../config/data.js";
import { DataError } from "../errors.js";
import { createDecoder } from "./decode-image.js";
import type { Reading } from "./reading.js";
import type { DataSource, ItemArray } from "./source.js";
import { splitItems } from "./split.js";

const READ = /\.(png|jpe?g|webp)$/i;

/** Those that are read, and others, which are named rather than passed over. */
const IMAGE = /\.(png|jpe?g|webp|avif|bmp|gif|hei[cf]|jp2|jxl|p[bgp]m|tiff?)$/i;

/** Bad files that a message names; the number of the rest follows. */
const NAMED = 10;

interface ImageFile {
  path: string;
  /** The sub-folder that it is in, "" for the folder itself. */
  className: string;
}

/** @throws DataError when there are no images, or naming those that cannot be decoded */
export async function readImageFolder(config: ImagesConfig, reading: Reading): Promise<DataSource> {
  const { folder, heldOutFolder, heldOut } = config;
  const files = await listImages(folder);
  const heldOutFiles = heldOutFolder === undefined ? [] : await listImages(heldOutFolder);
  const classes = [...new Set([...files, ...heldOutFiles].map(({ className }) => className))];
  const items = await decodeAll([...files, ...heldOutFiles], classes.sort(), config, reading);
  const sets = heldOutFolder === undefined ? splitItems(items, heldOut) : cut(items, files.length);
  return {
    ...sets,
    name: basename(folder),
    ...(classes[0] !== "" && { classes }),
    range: [0, 1],
  };
}

/** Images of a folder, or of its sub-folders and those within them, in the order of their names. */
async function listImages(folder: string): Promise<ImageFile[]> {
  const { images: own, folders } = await listFolder(folder);
  const files = own.map((path) => ({ path, className: "" }));
  for (const path of folders) {
    const inside = await imagesWithin(path, [await realpath(folder)]);
    files.push(...inside.map((image) => ({ path: image, className: basename(path) })));
  }
  if (files.length === 0) {
    throw new DataError(
      `${folder}: holds no PNG, JPEG or WebP images. Put them there, or into a sub-folder for each class.`,
    );
  }
  if (own.length > 0 && files.length > own.length) {
    throw new DataError(
      `${folder}: holds images (${basename(own[0]!)}) beside sub-folders of images, which are classes. ` +
        "Move them into a class, or the sub-folders away.",
    );
  }
  return files;
}

/** Images of a class. @param above real paths of the folders around it, to which a link may lead back */
async function imagesWithin(folder: string, above: readonly string[]): Promise<string[]> {
  const place = await realpath(folder);
  if (above.includes(place)) return [];
  const { images, folders } = await listFolder(folder);
  for (const path of folders) images.push(...(await imagesWithin(path, [...above, place])));
  return images;
}

/** Paths of the images and folders in a folder, by name; hidden ones, as caches of thumbnails, are not looked at. */
async function listFolder(folder: string): Promise<{ images: string[]; folders: string[] }> {
  const images: string[] = [];
  const folders: string[] = [];
  for (const entry of await list(folder)) {
    if (entry.name.startsWith(".")) continue;
    if (await isFolder(folder, entry)) folders.push(join(folder, entry.name));
    else if (IMAGE.test(entry.name)) images.push(join(folder, entry.name));
  }
  return { images, folders };
}

/** Of a symbolic link, whether it leads to one. */
async function isFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(join(folder, entry.name))).isDirectory();
  } catch (cause) {
    if (IMAGE.test(entry.name)) return false; // to be named among all that cannot be read
    const reason = (cause as Error).message;
    throw new DataError(
      `${join(folder, entry.name)}: a symbolic link that leads nowhere (${reason}). Mend or remove it.`,
      { cause },
    );
  }
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError(`${folder}: cannot be read (${reason}). Give a folder of images.`, {
      cause,
    });
  }
}

async function decodeAll(
  files: readonly ImageFile[],
  classes: readonly string[],
  config: ImagesConfig,
  reading: Reading,
): Promise<ItemArray> {
  const { height, width, colour } = config;
  const size = height * width * (colour ? 3 : 1);
  const values = new Uint8Array(files.length * size);
  const decode = createDecoder(config);
  const bad: string[] = [];
  for (const [i, { path }] of files.entries()) {
    try {
      if (!READ.test(path)) throw new Error("neither PNG, JPEG nor WebP");
      await decode(path, values.subarray(i * size, (i + 1) * size));
    } catch (error) {
      bad.push(`  ${path}: ${(error as Error).message}`);
    }
    await reading(i + 1, files.length);
  }
  if (bad.length > 0) {
    const rest = bad.length > NAMED ? [`  and ${bad.length - NAMED} more`] : [];
    throw new DataError(
      `${bad.length} of ${files.length} images cannot be read. Replace or remove them:\n` +
        [...bad.slice(0, NAMED), ...rest].join("\n"),
    );
  }
  return {
    shape: [files.length, height, width, colour ? 3 : 1],
    values,
    ...(classes[0] !== "" && {
      labels: Int32Array.from(files, ({ className }) => classes.indexOf(className)),
    }),
  };
}

/** The first `count` items, and the rest. */
function cut(items: ItemArray, count: number): { train: ItemArray; test: ItemArray } {
  const [all, ...itemShape] = items.shape;
  const at = (items.values.length / all) * count;
  const part = (from: number, to: number, values: ItemArray["values"]): ItemArray => ({
    shape: [to - from, ...itemShape],
    values,
    ...(items.labels && { labels: items.labels.subarray(from, to) }),
  });
  return {
    train: part(0, count, items.values.subarray(0, at)),
    test: part(count, all, items.values.subarray(at)),
  };
}
