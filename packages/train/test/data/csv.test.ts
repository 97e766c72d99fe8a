/** Data from CSV files: headers, classes, scales, what is refused, and what a large one takes. */
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { files, load, refused } from "./support.js";

describe("csv", () => {
  const IRIS = "length, width, kind\n1, 10, b\n3, 20, a\n\n5, 10, b\n";

  test("reads columns, and classes by name; a row is an item", async () => {
    const paths = await files({ train: IRIS, test: "length,width,kind\n2,2,c\n" });
    const data = { name: "csv", ...paths, labelColumn: "kind" } as const;
    const { values, itemShape, labels, range } = await load(data);
    expect(values).toEqual([
      [1, 10, 3, 20, 5, 10],
      [2, 2],
    ]);
    expect(itemShape).toEqual([2]);
    expect(range).toEqual([0, 20]);
    expect(labels!.names).toEqual(["a", "b", "c"]);
    expect([...labels!.train, ...labels!.test]).toEqual([1, 0, 1, 2]);
  });

  test("scales by the training columns, and reads a table without a header", async () => {
    const paths = await files({ train: "1,0.1\n3,0.1\n5,0.1\n", test: "7,7\n" });
    const unit = await load({ name: "csv", ...paths, scale: "unit" });
    expect(unit.values).toEqual([
      [0, 0, 0.5, 0, 1, 0],
      [1.5, 0],
    ]);
    const standard = await load({ name: "csv", ...paths, scale: "standard" });
    const one = Math.fround(Math.sqrt(3 / 2));
    expect(standard.values[0]).toEqual([-one, 0, 0, 0, one, 0].map((v) => expect.closeTo(v, 6)));
  });

  test("scales seconds of a date, which float32 does not tell apart", async () => {
    const dates = [1_700_000_000, 1_700_000_060, 1_700_000_120];
    const paths = await files({ train: `${dates.join("\n")}\n`, test: "1700000001\n" });
    const unit = await load({ name: "csv", ...paths, scale: "unit" });
    expect(unit.values).toEqual([[0, 0.5, 1], [Math.fround(1 / 120)]]);
    const { values, range } = await load({ name: "csv", ...paths, scale: "standard" });
    const one = Math.fround(Math.sqrt(3 / 2));
    expect(values[0]).toEqual([-one, 0, one]);
    expect(range[0]).toBe(-one);
    const split = await load({ name: "csv", train: paths.train, scale: "unit", heldOut: 0.3 });
    expect(split.values[0]!.toSorted()).toEqual([0, 1]); // by the items that are left to train on
  });

  test("classes that are numbers are in their order; each row has one, beside numbers", async () => {
    const paths = await files({
      train: "x,kind\n1,10\n3,2\n4,-1\n",
      test: "x,kind\n1,2.5\n",
      gap: "x,kind\n1,a\n2,\n3,b\n",
      alone: "kind\na\nb\n",
    });
    const { train, test: heldOut, gap, alone } = paths;
    const { labels } = await load({ name: "csv", train, test: heldOut, labelColumn: "kind" });
    expect(labels!.names).toEqual(["-1", "2", "2.5", "10"]);
    expect([...labels!.train, ...labels!.test]).toEqual([3, 1, 0, 2]);
    expect(await refused({ name: "csv", train: gap, labelColumn: "kind" })).toMatch(
      /gap, line 3, column "kind": holds no class \(data\.labelColumn\)\. Give it one/,
    );
    expect(await refused({ name: "csv", train: alone, labelColumn: "kind" })).toMatch(
      /alone: has no column beside "kind"/,
    );
  });

  test("reads a compressed table, and says of a damaged one what it is", async () => {
    const packed = gzipSync(IRIS);
    const paths = await files({ train: packed, cut: packed.subarray(0, 40), test: IRIS });
    const { values } = await load({
      ...{ name: "csv", train: paths.train, test: paths.test, labelColumn: "kind" },
    });
    expect(values[0]).toEqual([1, 10, 3, 20, 5, 10]);
    expect(values[1]).toEqual(values[0]);
    expect(await refused({ name: "csv", train: paths.cut, labelColumn: "kind" })).toMatch(
      /cut: cannot be read \(unexpected end of file\)\. Fetch it again/,
    );
  });

  test("keeps every number of a table of many, in order", async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${3 * i},a,${3 * i + 1},${3 * i + 2}\n`);
    const paths = await files({
      train: `x,kind,y,z\n${rows.join("")}`,
      test: "x,kind,y,z\n1,b,2,3\n",
    });
    const { values } = await load({ name: "csv", ...paths, labelColumn: "kind" });
    expect(values[1]).toEqual([1, 2, 3]);
    expect(values[0]!.length).toBe(150_000);
    expect(values[0]!.findIndex((value, i) => value !== i)).toBe(-1);
  });

  test("holds a table as float32 while it is read, in a heap too small for its cells", async () => {
    const row = `${Array(1000).fill("0.5").join()}\n`;
    const { train } = await files({ train: row.repeat(4000) });
    const script = `import { loadDataset } from "@vaeport/train";
      const tf = { tensor: (_, shape) => ({ shape }) };
      const { train } = await loadDataset(tf, { name: "csv", train: process.argv[1] });
      console.log(train.shape.join());`;
    const flags = ["--max-old-space-size=64", "--input-type=module", "-e", script, train];
    const cwd = new URL("../..", import.meta.url);
    const output = execFileSync(process.execPath, flags, { cwd, encoding: "utf8" });
    expect(output.trim()).toBe("3600,1000");
  });

  test("asks what a first row is that may be a header as well as an item", async () => {
    const paths = await files({
      counted: "0,1,2\n5,6,7\n8,9,10\n",
      indexed: ",0,1\n0,5,6\n1,7,8\n",
      typo: "0.1,O.5\n0.2,0.6\n0.3,0.7\n",
    });
    const { counted, indexed, typo } = paths;
    expect(await refused({ name: "csv", train: counted })).toMatch(
      /counted, line 1: the first row counts 0 to 2, as .*pandas.* Set data\.header to true where/,
    );
    expect(await refused({ name: "csv", train: indexed })).toMatch(/counts 0 to 1/);
    expect(await refused({ name: "csv", train: typo })).toMatch(
      /typo, line 1: the first row mixes numbers and text \("O\.5"\)\. Set data\.header/,
    );
    const rows = async (train: string, header: boolean) => {
      const { values } = await load({ name: "csv", train, header });
      return values.map((set) => set.length);
    };
    expect(await rows(counted, true)).toEqual([3, 3]);
    expect(await rows(counted, false)).toEqual([6, 3]);
    expect(await rows(typo, true)).toEqual([2, 2]);
    expect(await refused({ name: "csv", train: typo, header: false })).toMatch(
      /typo, line 1, column "column 2": expected a number, got "O\.5"/,
    );
  });

  test("a label column may be text in a row of numbers, or have a name among numbers", async () => {
    const paths = await files({
      items: "1,2,a\n3,4,b\n5,6,a\n",
      named: "0,1,kind\n1,2,a\n3,4,b\n5,6,a\n",
    });
    const { items, named } = paths;
    for (const [train, labelColumn] of [
      [items, "column 3"],
      [named, "kind"],
    ] as const) {
      const { values, labels } = await load({ name: "csv", train, labelColumn });
      expect(values.map((set) => set.length)).toEqual([4, 2]);
      expect(labels!.names).toEqual(["a", "b"]);
    }
    expect(await refused({ name: "csv", train: items })).toMatch(/mixes numbers and text \("a"\)/);
  });

  test("names line and column of what is no number, or no row of the table", async () => {
    const paths = await files({
      train: "a,b\n1,2\n3,\n",
      words: "a,b\n1,x\n",
      other: "a;b\n1;2\n",
      none: "a,b\n",
      ragged: "1,2\n3\n",
      open: '1,2\n3,"4\n',
    });
    expect(await refused({ name: "csv", train: paths.train })).toMatch(
      /train, line 3, column "b": expected a number, got ""/,
    );
    expect(await refused({ name: "csv", train: paths.words })).toMatch(/words, line 2.*got "x"/);
    expect(await refused({ name: "csv", train: paths.other })).toMatch(
      /got "1;2"\. Separate the columns by commas/,
    );
    expect(await refused({ name: "csv", train: paths.none })).toMatch(/none: empty/);
    expect(await refused({ name: "csv", train: paths.ragged })).toMatch(
      /ragged, line 2: expected 2 cells, as in the first row, got 1\. .*leave the row out/,
    );
    expect(await refused({ name: "csv", train: paths.open })).toMatch(
      /open: cannot be read \(.*line 2.*\)\. Quote whole cells/,
    );
    expect(await refused({ name: "csv", train: `${paths.open}s` })).toMatch(
      /cannot be read \(ENOENT.*\)\. Give the path/,
    );
    expect(await refused({ name: "csv", train: paths.train, labelColumn: "c" })).toMatch(
      /has no column "c" \(data\.labelColumn\); its columns are a, b/,
    );
  });
});
