/** Data from .npy and IDX files: values, splits, classes, and what is refused. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { DataError, loadDataset, parseNpy } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { tf } from "../support.js";
import { files, load, refused } from "./support.js";

const golden: Record<string, string> = JSON.parse(
  await readFile(new URL("golden/npy.json", import.meta.url), "utf8"),
);
const npy = (name: string) => Uint8Array.from(Buffer.from(golden[name]!, "base64"));

/** An IDX file of bytes. */
function idx(shape: readonly number[], values: readonly number[]): Uint8Array {
  const sizes = new Uint8Array(4 * shape.length);
  shape.forEach((size, i) => {
    new DataView(sizes.buffer).setUint32(4 * i, size);
  });
  return Uint8Array.of(0, 0, 8, shape.length, ...sizes, ...values);
}

describe("parseNpy", () => {
  const counted = Array.from({ length: 12 }, (_, i) => i);

  test.each([
    ["u1", Uint8Array, counted],
    ["<f4", Float32Array, counted.map((i) => i / 8)],
    [">f8", Float32Array, counted.map((i) => i / 8)],
    ["<i8", Float32Array, counted.map((i) => i - 5)],
    ["b1", Float32Array, counted.map((i) => (i % 2 === 0 ? 1 : 0))],
    ["fortran", Float32Array, counted],
    ["fortran bytes", Uint8Array, counted],
  ] as const)("reads what NumPy wrote as %s", (name, type, expected) => {
    const { shape, values } = parseNpy(npy(name));
    expect(shape).toEqual([2, 2, 3]);
    expect(values).toBeInstanceOf(type);
    expect([...values]).toEqual(expected);
  });

  test.each([
    ["another file", Uint8Array.of(1, 2, 3), /f: not a \.npy file\. Save it with numpy\.save/],
    ["complex numbers", npy("complex"), /elements of type c8\. Save it as uint8 or float32/],
    [
      "a truncated file",
      npy("<f4").subarray(0, 150),
      /truncated: 22 bytes.*\[2, 2, 3\] of f4 takes 48/,
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseNpy(bytes, "f")).toThrow(DataError);
    expect(() => parseNpy(bytes, "f")).toThrow(message);
  });
});

describe("npy and idx", () => {
  test("compressed files are read as others, and named where they are damaged", async () => {
    const items = gzipSync(idx([2, 1, 2], [0, 51, 102, 255]));
    const paths = await files({ train: items, test: items, cut: items.subarray(0, 30) });
    const { train: packed, test: heldOut, cut } = paths;
    const told: number[] = [];
    const onProgress = (done: number, of: number) => told.push(done / of);
    const data = { name: "idx", train: packed, test: heldOut } as const;
    (await loadDataset(tf, data, { onProgress })).dispose();
    expect(told.at(-1)).toBe(1);
    expect((await load(data)).values[0]).toEqual([0, 0.2, 0.4, 1].map((v) => expect.closeTo(v, 6)));
    expect(await refused({ name: "idx", train: cut })).toMatch(
      /cut: cannot be uncompressed \(unexpected end of file\)\. Fetch it again/,
    );
  });

  test("bytes are scaled, labels kept, and held-out files taken as they are", async () => {
    const paths = await files({
      train: idx([3, 1, 2], [0, 51, 102, 153, 204, 255]),
      trainLabels: idx([3], [0, 2, 1]),
      test: idx([1, 1, 2], [255, 0]),
      testLabels: idx([1], [2]),
    });
    const told: number[][] = [];
    const onProgress = (done: number, of: number) => void told.push([done, of]);
    (await loadDataset(tf, { name: "idx", ...paths }, { onProgress })).dispose();
    // Files of 22, 11, 18 and 9 bytes: each is read, then made numbers.
    expect(told).toEqual([22, 44, 55, 66, 84, 102, 111, 120].map((done) => [done, 120]));
    const { values, itemShape, range, labels, name } = await load({ name: "idx", ...paths });
    expect(name).toBe("train");
    expect(itemShape).toEqual([1, 2, 1]);
    expect(range).toEqual([0, 1]);
    expect(values[0]!.map((value) => 5 * value)).toEqual(
      [0, 1, 2, 3, 4, 5].map((value) => expect.closeTo(value, 5)),
    );
    expect(values[1]).toEqual([1, 0]);
    expect(labels).toEqual({
      names: ["0", "1", "2"],
      train: Int32Array.of(0, 2, 1),
      test: Int32Array.of(2),
    });
  });

  test("a part is held out, the same each time, and every item is on one side", async () => {
    const { train } = await files({
      train: idx(
        [20, 1],
        Array.from({ length: 20 }, (_, i) => i),
      ),
    });
    const data = { name: "idx", train, heldOut: 0.25 } as const;
    const { values, itemShape } = await load(data);
    expect(itemShape).toEqual([1]);
    expect(values.map((set) => set.length)).toEqual([15, 5]);
    const all = values.flat().map((value) => Math.round(255 * value));
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect((await load(data)).values).toEqual(values);
  });

  test("numbers keep their range: that stated, 0 to 1, or that found", async () => {
    const paths = await files({ low: npy("<i8"), unit: npy("b1") });
    expect((await load({ name: "npy", train: paths.low })).range).toEqual([-5, 6]);
    expect((await load({ name: "npy", train: paths.unit })).range).toEqual([0, 1]);
    expect((await load({ name: "npy", train: paths.low, range: [-9, 9] })).range).toEqual([-9, 9]);
  });

  test.each([200_000_000, 20_240_000_000, 65_536])("a label of %d is refused", async (label) => {
    const labels = bigInts(npy("<i8"), [4], [0n, 65_535n, BigInt(label), 1n]);
    const train = bigInts(npy("<i8"), [4, 1], [1n, 2n, 3n, 4n]);
    const paths = await files({ train, trainLabels: labels });
    expect(await refused({ name: "npy", ...paths })).toMatch(
      `trainLabels: the label of item 2 is ${Math.fround(label)}, expected at most 65535`,
    );
  });

  test("bytes beside other numbers are refused, and a range of bytes that is not theirs", async () => {
    const paths = await files({ bytes: npy("u1"), floats: npy("<f4"), longs: npy("<i8") });
    const { bytes, floats, longs } = paths;
    expect(await refused({ name: "npy", train: bytes, test: floats })).toMatch(
      /floats: holds elements of type f4, and .*bytes ones of u1; .* Save both as one type\.$/,
    );
    expect(
      await refused({ name: "npy", train: floats, test: bytes, includeHeldOut: true }),
    ).toMatch(/bytes: holds elements of type u1, and .*floats ones of f4/);
    expect((await load({ name: "npy", train: floats, test: longs })).range).toEqual([-5, 6]);
    expect(await refused({ name: "npy", train: bytes, range: [0, 255] })).toMatch(
      /bytes: holds bytes, which become 0\.\.1, and data\.range is \[0, 255\]\. Leave data\.range out/,
    );
    expect((await load({ name: "npy", train: bytes, range: [0, 1] })).range).toEqual([0, 1]);
  });

  test("what does not fit is refused, by file", async () => {
    const paths = await files({
      items: npy("<f4"),
      spoilt: nan(npy("<f4")),
      empty: idx([0, 2, 2], []),
      four: idx([4, 1], [1, 2, 3, 4]),
      wide: idx([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      three: idx([3], [0, 1, 2]),
      one: idx([1, 1], [1]),
    });
    const { four, wide, three, items } = paths;
    expect(await refused({ name: "npy", train: items, range: [0, 0.5] })).toMatch(
      /items: value 5 of item 0 is 0\.625, outside data\.range \[0, 0\.5\]/,
    );
    expect(await refused({ name: "npy", train: paths.spoilt })).toMatch(
      /spoilt: value 5 of item 1 is NaN, no finite number/,
    );
    expect(await refused({ name: "idx", train: paths.empty })).toMatch(/empty: empty \(shape/);
    expect(await refused({ name: "idx", train: four, trainLabels: three })).toMatch(
      /three: has shape \[3\]; expected a whole number from 0 for each of the 4 items of/,
    );
    expect(await refused({ name: "idx", train: four, test: wide })).toMatch(
      /wide: items of shape \[2\], and those of .*four have \[1\]/,
    );
    expect(await refused({ name: "idx", train: paths.one })).toMatch(
      /1 item cannot be split.*Give more/,
    );
    expect(await refused({ name: "idx", train: three })).toMatch(
      /three: has shape \[3\]; expected/,
    );
    expect(await refused({ name: "npy", train: `${items}x` })).toMatch(/itemsx: cannot be read/);
    expect(await refused({ name: "idx", train: four, trainItems: 9 })).toMatch(
      /data\.trainItems: 9 items asked for, the dataset has 3/,
    );
  });
});

/** Another array in a file of NumPy's as "<i8" of shape (2, 2, 3). */
function bigInts(bytes: Uint8Array, shape: readonly number[], values: readonly bigint[]) {
  const start = bytes.length - 12 * 8;
  const axes = `(${shape.join(", ")},)`.padEnd(9);
  const header = Buffer.from(bytes.subarray(0, start)).toString("latin1");
  const changed = Buffer.from(header.replace("(2, 2, 3)", axes), "latin1");
  return Uint8Array.from([...changed, ...new Uint8Array(BigInt64Array.from(values).buffer)]);
}

/** The last number becomes NaN. */
function nan(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, Number.NaN, true);
  return bytes;
}
