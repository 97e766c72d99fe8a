/** The files of the commands over many items, where the system or another program has its way with them. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { printNpyHead } from "../src/cli/rows/npy.js";
import { importParquet, writeParquet } from "../src/cli/rows/parquet.js";
import { readWhole, writeWhole } from "../src/cli/rows/whole.js";
import { vaeportInfer, vaeportInferWith, vaeportInferWithin } from "./command.js";
import { TINY } from "./helpers.js";

const scratch = mkdtempSync(join(tmpdir(), "vaeport-rows-files-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (...parts: string[]) => join(scratch, ...parts);

/** A .npy file whose head promises `rows` items of a type, with so many bytes behind it. */
function writeItems(name: string, rows: number, bytes: number, type = "<f4"): string {
  const head = printNpyHead([{ name: "x", shape: [4, 3, 1] }], rows).toString("latin1");
  const typed = Buffer.from(head.replace("<f4", type), "latin1");
  writeFileSync(at(name), Buffer.concat([typed, Buffer.alloc(bytes)]));
  return at(name);
}

describe("an output that finds no room", () => {
  const sample = (file: string) => ["sample", TINY, "-n", "100", "-o", at(file)];

  test("for its last batch never appears, and the same command goes on once there is", async () => {
    // 128 bytes of head and 100 rows of 48 bytes are 4,928; 9 blocks are 4,608.
    const cut = await vaeportInferWithin(9, ...sample("cut.npy"));
    expect(cut).toMatchObject({
      code: 1,
      errors: expect.stringMatching(
        /^vaeport-infer: cannot write .*cut\.npy: EFBIG.*same command goes on.*\n$/,
      ),
    });
    expect(existsSync(at("cut.npy"))).toBe(false);
    const again = await vaeportInfer(...sample("cut.npy"), "--json");
    expect(JSON.parse(again.output)).toMatchObject({ rows: 100, resumed: 64 });
    await vaeportInfer(...sample("whole.npy"));
    expect(readFileSync(at("cut.npy")).equals(readFileSync(at("whole.npy")))).toBe(true);
  });

  test("as parquet leaves the rows, and no half of it", async () => {
    // Parquet has the ids and the lists' levels besides.
    const cut = await vaeportInferWithin(10, ...sample("cut.parquet"));
    expect(cut).toMatchObject({ code: 1, errors: expect.stringMatching(/EFBIG/) });
    expect(existsSync(at("cut.parquet")) || existsSync(at("cut.parquet.new"))).toBe(false);
    const again = await vaeportInfer(...sample("cut.parquet"), "--json");
    expect(JSON.parse(again.output)).toMatchObject({ rows: 100, resumed: 100 });
  });
});

describe("a range", () => {
  test("is read and written whole, however few bytes the system takes at a time", async () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
    const written = new Uint8Array(12);
    const slow = {
      async write(from: Uint8Array, start: number, length: number, position: number) {
        const bytesWritten = Math.min(length, 3);
        written.set(from.subarray(start, start + bytesWritten), position);
        return { bytesWritten };
      },
      async read(into: Uint8Array, start: number, length: number, position: number) {
        const part = written.subarray(position, position + Math.min(length, 3));
        into.set(part, start);
        return { bytesRead: part.length };
      },
    };
    await writeWhole("slow", slow as never, 2, bytes);
    expect([...written]).toEqual([0, 0, ...bytes]);
    expect([...(await readWhole("slow", slow as never, 2, 10))]).toEqual([...bytes]);
    await expect(readWhole("slow", slow as never, 4, 10)).rejects.toThrow(
      "slow: expected 10 bytes at 4; got 8. It became shorter while it was read: try again.",
    );
  });

  test("that is missing from the rows does not go into parquet as zeros", async () => {
    const columns = [{ name: "mean", shape: [2] }];
    const rows = { partial: at("short.partial"), offset: 0, rows: 4, columns };
    writeFileSync(rows.partial, Buffer.alloc(3 * 8));
    const writing = writeParquet(await importParquet(), rows, String, at("short.parquet"));
    await expect(writing).rejects.toThrow("short.partial: expected 32 bytes at 0; got 24.");
  });
});

describe("the place of an output", () => {
  const sample = (...args: string[]) => vaeportInfer("sample", TINY, "-n", "4", "-o", ...args);

  test("is made where there is none", async () => {
    expect(await sample(at("new", "folder", "s.npy"))).toMatchObject({ code: 0, errors: "" });
    expect(existsSync(at("new", "folder", "s.npy"))).toBe(true);
  });

  test("that is a folder is refused before anything is computed, with --force too", async () => {
    mkdirSync(at("folder.npy"));
    expect(await sample(at("folder.npy"), "--force")).toEqual({
      code: 1,
      output: "",
      errors: `vaeport-infer: ${at("folder.npy")} is a folder. Choose another name for the file.\n`,
    });
    expect(readdirSync(scratch).filter((name) => name.startsWith("folder.npy."))).toEqual([]);
  });

  test("in a file is refused in one line", async () => {
    writeFileSync(at("file"), "");
    expect(await sample(at("file", "s.npy"))).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^vaeport-infer: cannot write .*s\.npy: E(NOTDIR|EXIST).*\n$/),
    });
  });
});

test("an input that is a folder by the name of an array is refused by its name", async () => {
  mkdirSync(at("x.npy"));
  const errors = `vaeport-infer: ${at("x.npy")}: expected a .npy file; got a folder.\n`;
  const outcome = await vaeportInfer("encode", TINY, at("x.npy"), "-o", at("z.npy"));
  expect(outcome).toEqual({ code: 1, output: "", errors });
});

test("an error of the system, from anywhere, is one line", async () => {
  writeFileSync(at("no-cache"), "");
  const env = { VAEPORT_CACHE: at("no-cache", "cache") };
  expect(await vaeportInferWith(env, "setup", "cuda")).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/^vaeport-infer: .*\n$/),
  });
});

describe("of two runs to one output", () => {
  const sample = (...args: string[]) => vaeportInfer("sample", TINY, "-o", at("two.npy"), ...args);
  const lock = at("two.npy.partial.lock");
  const lockFor = (pid: number, host = hostname()) =>
    writeFileSync(lock, JSON.stringify({ host, pid }));

  test("the second is refused, and the first ends with its own rows", async () => {
    const first = sample("-n", "150000", "--batch", "8");
    while (!existsSync(at("two.npy.partial"))) await sleep(5);
    const second = await sample("-n", "4");
    expect(second).toMatchObject({
      code: 1,
      errors: expect.stringMatching(
        /two\.npy is being written by process \d+ on .*Wait for it, or choose another -o.*\n$/,
      ),
    });
    expect(await first).toMatchObject({ code: 0, errors: "" });
    expect(statSync(at("two.npy")).size).toBe(128 + 150_000 * 48);
    expect(existsSync(lock)).toBe(false);
  });

  test("one that was killed gives way", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    lockFor(pid);
    expect(await sample("-n", "4", "--force")).toMatchObject({ code: 0, errors: "" });
    expect(existsSync(lock)).toBe(false);
  });

  test("one of another machine gives way once it has not been heard of for minutes", async () => {
    lockFor(process.pid, "elsewhere");
    expect(await sample("-n", "4", "--force")).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`process ${process.pid} on elsewhere`),
    });
    const past = new Date(Date.now() - 130_000);
    utimesSync(lock, past, past);
    expect(await sample("-n", "4", "--force")).toMatchObject({ code: 0, errors: "" });
  });
});

describe("a truncated array is refused", () => {
  const encode = (file: string) => vaeportInfer("encode", TINY, file, "-o", at("z.npy"));

  test.each([
    ["in its last row", 11, 500, 656, 628],
    ["of more rows than a disk holds", 1e12, 528, 48e12 + 128, 656],
  ])("%s", async (name, rows, bytes, expected, got) => {
    const file = writeItems(`${name}.npy`, rows, bytes);
    expect(await encode(file)).toEqual({
      code: 1,
      output: "",
      errors: `vaeport-infer: ${file}: truncated: expected ${expected} bytes; got ${got}. Save it again.\n`,
    });
    expect(existsSync(at("z.npy.partial"))).toBe(false);
  });

  test.each([
    [8, 10],
    [60, 128],
  ])("in its head, after %i bytes", async (got, expected) => {
    const file = writeItems("head.npy", 1, 48);
    writeFileSync(file, readFileSync(file).subarray(0, got));
    expect(await encode(file)).toMatchObject({
      code: 1,
      errors: `vaeport-infer: ${file}: truncated: expected ${expected} bytes; got ${got}. Save it again.\n`,
    });
  });
});

describe("an array that the model does not take is refused with the remedy:", () => {
  test.each([
    ["float64", 2, "<f8", "<f8 of shape [2, 4, 3, 1]. Save array.astype(numpy.float32)."],
    ["no items", 0, "<f4", "<f4 of shape [0, 4, 3, 1]. It holds no items: save one at least."],
  ])("%s", async (name, rows, type, message) => {
    const file = writeItems(`${name}.npy`, rows, rows * 96, type);
    expect(await vaeportInfer("encode", TINY, file, "-o", at("z.npy"))).toMatchObject({
      code: 1,
      errors: `vaeport-infer: ${file}: expected float32 or uint8 of shape [n, 4, 3, 1]; got ${message}\n`,
    });
  });
});
