/** Data from a folder of images: decoding, resizing, classes, and the files that are refused. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { DataError, loadDataset, type TrainConfigInput } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { temporaryFolder, tf } from "../support.js";

type Painter = { colours: readonly string[]; width: number; height: number };

/** Vertical stripes of equal width. */
function striped(
  { colours, width, height }: Painter,
  type: "image/png" | "image/jpeg" = "image/png",
): Buffer {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  colours.forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect((i * width) / colours.length, 0, width / colours.length, height);
  });
  return type === "image/png" ? canvas.toBuffer(type) : canvas.toBuffer(type, 100);
}

/** EXIF's "the visual top is the right-hand side of the rows": a quarter turn clockwise shows it. */
const TURNED_RIGHT = 6;

/** A JPEG with an EXIF segment behind its start, of one little-endian directory of one short. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const directory = [1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
  const exif = Buffer.from([...Buffer.from("Exif\0\0II*\0\b\0\0\0"), ...directory]);
  const segment = Buffer.of(0xff, 0xe1, 0, exif.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, exif, jpeg.subarray(2)]);
}

/** A folder of images by path within it. */
async function folderOf(images: Record<string, Buffer | string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, content] of Object.entries(images)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

async function load(data: Omit<Extract<TrainConfigInput["data"], { name: "images" }>, "name">) {
  const dataset = await loadDataset(tf, { name: "images", ...data });
  const [train, heldOut] = [dataset.train, dataset.test].map((set) =>
    [...set.dataSync()].map((value) => Math.round(255 * value)),
  );
  dataset.dispose();
  return { ...dataset, train: train!, heldOut: heldOut! };
}

const plain = (colour: string) => striped({ colours: [colour], width: 6, height: 6 });
const size = { height: 2, width: 2 };

describe("a folder of images", () => {
  test("is read in colour or grey, resized, with sub-folders as classes", async () => {
    const folder = await folderOf({
      "cat/1.png": plain("#ff0000"),
      "cat/2.jpg": striped({ colours: ["#0000ff"], width: 5, height: 9 }, "image/jpeg"),
      "dog/notes.txt": "no image",
      "dog/3.PNG": plain("#ffffff"),
      "dog/.hidden.png": "not looked at",
    });
    const heldOutFolder = await folderOf({ "dog/4.png": plain("#000000") });
    const told: number[] = [];
    const colour = await load({ folder, heldOutFolder, ...size, colour: true });
    expect(colour.itemShape).toEqual([2, 2, 3]);
    const pixel = (item: number) => colour.train.slice(12 * item, 12 * item + 3);
    expect(pixel(0)).toEqual([255, 0, 0]);
    const differences = pixel(1).map((value, i) => Math.abs(value - [0, 0, 255][i]!));
    expect(Math.max(...differences)).toBeLessThan(3);
    expect(pixel(2)).toEqual([255, 255, 255]);
    expect(colour.heldOut).toEqual(Array(12).fill(0));
    expect(colour.labels).toEqual({
      names: ["cat", "dog"],
      train: Int32Array.of(0, 0, 1),
      test: Int32Array.of(1),
    });
    const grey = await loadDataset(
      tf,
      { name: "images", folder, heldOutFolder, ...size },
      { onProgress: (done) => told.push(done) },
    );
    expect(told).toEqual([1, 2, 3, 4]);
    expect(grey.itemShape).toEqual([2, 2, 1]);
    expect(Math.round(255 * grey.train.dataSync()[0]!)).toBe(Math.round(0.299 * 255));
    grey.dispose();
  });

  test("follows symbolic links to images and to folders of a class", async () => {
    const store = await folderOf({ "x/1.png": plain("#ffffff"), "y/2.png": plain("#000000") });
    const folder = await folderOf({ "a/3.png": plain("#ffffff") });
    await symlink(join(store, "x"), join(folder, "linked"));
    const { labels } = await load({ folder, heldOutFolder: folder, ...size });
    expect(labels).toMatchObject({ names: ["a", "linked"], train: Int32Array.of(0, 1) });

    const loose = await folderOf({ "1.png": plain("#ffffff"), "notes.txt": "no image" });
    await symlink(join(store, "y/2.png"), join(loose, "2.png"));
    await symlink(join(loose, "notes.txt"), join(loose, "more.txt"));
    const { train } = await load({ folder: loose, heldOutFolder: loose, height: 1, width: 1 });
    expect(train).toEqual([255, 0]);

    await symlink(join(store, "none.png"), join(loose, "3.png"));
    await expect(load({ folder: loose })).rejects.toThrow(/^1 of 3 images .*\n.*3\.png: /);
    await symlink(join(store, "z"), join(folder, "nowhere"));
    const lost = load({ folder });
    await expect(lost).rejects.toThrow(DataError);
    await expect(lost).rejects.toThrow(
      /nowhere: a symbolic link that leads nowhere \(ENOENT.*\)\. Mend or remove it\.$/,
    );
  });

  test("takes in the folders within a class, whatever links lead back, and no hidden ones", async () => {
    const folder = await folderOf({
      "cat/2.png": plain("#ffffff"),
      "cat/2019/may/1.png": plain("#ffffff"),
      "dog/2020/3.png": plain("#000000"),
      "dog/.thumbnails/3.png": plain("#777777"),
      ".cache/4.png": plain("#777777"),
    });
    await symlink(folder, join(folder, "dog/all"));
    await symlink(join(folder, "cat"), join(folder, "cat/2019/back"));
    const { train, labels } = await load({ folder, heldOutFolder: folder, height: 1, width: 1 });
    expect(train).toEqual([255, 255, 0]);
    expect(labels).toMatchObject({ names: ["cat", "dog"], train: Int32Array.of(0, 0, 1) });
  });

  test("fits an image by cutting it, by black borders, or by stretching it", async () => {
    const wide = striped({
      colours: ["#000000", "#ffffff", "#ffffff", "#000000"],
      width: 8,
      height: 4,
    });
    const folder = await folderOf({ "1.png": wide });
    const heldOutFolder = folder;
    const rows = async (fit: "cover" | "contain" | "stretch") =>
      (await load({ folder, heldOutFolder, height: 4, width: 4, fit })).train;
    expect(await rows("cover")).toEqual(Array(16).fill(255));
    const contained = await rows("contain");
    expect(contained.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(contained.slice(4, 8)).toEqual([0, 255, 255, 0]);
    expect((await rows("stretch")).slice(0, 4)).toEqual([0, 255, 255, 0]);
  });

  test("puts transparent pixels on black, and averages when it makes images smaller", async () => {
    const clear = createCanvas(4, 4).toBuffer("image/png");
    const stripes = striped({ colours: ["#000000", "#ffffff"], width: 4, height: 4 });
    const folder = await folderOf({ "1.png": clear, "2.png": stripes });
    const { train } = await load({ folder, heldOutFolder: folder, height: 1, width: 1 });
    expect(train[0]).toBe(0);
    expect(Math.abs(train[1]! - 127.5)).toBeLessThan(4);
  });

  test("turns a photograph upright, as its EXIF says", async () => {
    const lying = striped({ colours: ["#ffffff", "#000000"], width: 16, height: 16 }, "image/jpeg");
    const folder = await folderOf({
      "1.jpg": withOrientation(lying, TURNED_RIGHT),
      "2.jpg": lying,
    });
    const { train } = await load({ folder, heldOutFolder: folder, ...size });
    expect(train).toEqual([255, 255, 0, 0, 255, 0, 255, 0]);
  });

  test("names every file that is no image, and what is missing", async () => {
    const broken = await folderOf({
      "a.png": plain("#ff0000"),
      "b.png": "broken",
      "c.jpg": plain("#00ff00").subarray(0, 40),
    });
    const failing = load({ folder: broken });
    await expect(failing).rejects.toThrow(DataError);
    await expect(failing).rejects.toThrow(
      /^2 of 3 images cannot be read.*\n.*b\.png: .*\n.*c\.jpg: /,
    );

    const tall = createCanvas(64, 64);
    const whole = [
      tall.toBuffer("image/png"),
      tall.toBuffer("image/jpeg"),
      tall.toBuffer("image/webp"),
    ];
    const names = ["a.png", "b.jpg", "c.webp"];
    const truncated = await folderOf(
      Object.fromEntries(
        names.flatMap((name, i) => [
          [name, whole[i]!],
          [`cut-${name}`, whole[i]!.subarray(0, whole[i]!.length - 14)],
        ]),
      ),
    );
    await expect(load({ folder: truncated })).rejects.toThrow(
      /^3 of 6 images .*\n.*cut-a\.png: truncated\n.*cut-b\.jpg: truncated\n.*cut-c\.webp: truncated$/,
    );

    const others = await folderOf({ "a/1.png": plain("#fff"), "a/2.TIFF": "", "b/3.gif": "" });
    await expect(load({ folder: others })).rejects.toThrow(
      /^2 of 3 images .*\n.*2\.TIFF: neither PNG, JPEG nor WebP\n.*3\.gif: neither/,
    );

    const empty = await temporaryFolder();
    await expect(load({ folder: empty })).rejects.toThrow(/holds no PNG, JPEG or WebP images/);
    await expect(load({ folder: join(empty, "x") })).rejects.toThrow(/x: cannot be read \(ENOENT/);
    const mixed = await folderOf({ "a.png": plain("#f00"), "cat/b.png": plain("#f00") });
    await expect(load({ folder: mixed })).rejects.toThrow(
      /holds images \(a\.png\) beside sub-folders/,
    );
  });
});
