/** The commands over many items: the library's numbers in files that others read, and what a kill leaves. */
import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadVae } from "@vaeport/infer";
import { seededNormal, seededUniform } from "@vaeport/infer/random";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installReferees, refereeFolder } from "../../../scripts/lib/referees.mjs";
import { imageReader } from "../src/cli/rows/images.js";
import { printNpyHead } from "../src/cli/rows/npy.js";
import { readPictures } from "../src/runtime/pictures.js";
import { BIN, node, vaeportInfer } from "./command.js";
import { FIXTURES, TINY } from "./helpers.js";

const ITEM = [4, 3, 1];
const ROWS = 11;

const scratch = mkdtempSync(join(tmpdir(), "vaeport-rows-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (...parts: string[]) => join(scratch, ...parts);

function writeItems(file: string, rows: number): Float32Array {
  const data = Float32Array.from(seededUniform(9, rows * 12));
  const head = printNpyHead([{ name: "x", shape: ITEM }], rows);
  writeFileSync(file, Buffer.concat([head, Buffer.from(data.buffer)]));
  return data;
}

let x: Float32Array;
beforeAll(() => {
  x = writeItems(at("x.npy"), ROWS);
});

/** The float32 values behind a .npy file's head. */
function values(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

/** Rows of two arrays, one behind the other. */
function interleave(parts: readonly Float32Array[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) =>
    parts.flatMap((part) => {
      const width = part.length / rows;
      return [...part.subarray(row * width, (row + 1) * width)];
    }),
  ).flat();
}

describe("numbers", () => {
  test("encode gives those of the library, in an array that NumPy reads by name", async () => {
    const done = await vaeportInfer("encode", TINY, at("x.npy"), "-o", at("z.npy"), "--batch", "4");
    expect(done).toMatchObject({ code: 0, errors: "" });
    expect(done.output).toMatch(/z\.npy: 11 rows, [\d,]+ a second on cpu\n$/);
    await using vae = await loadVae(TINY);
    const { mean, logVariance } = await vae.encode(x);
    expect([...values(at("z.npy"))]).toEqual(interleave([mean.data, logVariance.data], ROWS));
    await installReferees();
    const script = `import json, sys; sys.path.insert(0, ${JSON.stringify(refereeFolder)})
import numpy; a = numpy.load(${JSON.stringify(at("z.npy"))})
print(json.dumps([a["mean"].shape, a["mean"][10].tolist(), a["log_variance"].shape]))`;
    const numpy = await new Promise<string>((got, fail) => {
      execFile("python3", ["-c", script], (error, output) => (error ? fail(error) : got(output)));
    });
    expect(JSON.parse(numpy)).toEqual([[11, 2], [...mean.data.subarray(20)], [11, 2]]);
  });

  test("score, reconstruct and sample in batches draw the noise of one call", async () => {
    await using vae = await loadVae(TINY);
    const batch = ["--batch", "4", "--seed", "5"];
    const input = [TINY, at("x.npy")];
    await vaeportInfer("score", ...input, "-o", at("s.npy"), ...batch, "--samples", "3");
    const { distortion, rate, elbo } = await vae.score(x, { samples: 3, seed: 5 });
    expect([...values(at("s.npy"))]).toEqual(interleave([distortion, rate, elbo], ROWS));
    await vaeportInfer("reconstruct", ...input, "-o", at("r.npy"), ...batch);
    expect(values(at("r.npy"))).toEqual((await vae.reconstruct(x, { seed: 5 })).data);
    const hot = ["--temperature", "1.5", "-n", String(ROWS)];
    await vaeportInfer("sample", TINY, "-o", at("g.npy"), ...batch, ...hot);
    const sampled = await vae.sample(ROWS, { seed: 5, temperature: 1.5 });
    expect(values(at("g.npy"))).toEqual(sampled.data);
  });

  test("noise from the middle of a stream is a part of the whole", () => {
    const whole = seededNormal(3, 40, 2);
    for (const [skip, length] of [
      [0, 5],
      [1, 6],
      [7, 33],
      [12, 1],
    ] as const) {
      expect(seededNormal(3, length, 2, skip)).toEqual(whole.slice(skip, skip + length));
    }
  });

  test("parquet holds an id and a list for each array", async () => {
    const args = ["encode", TINY, at("x.npy"), "-o", at("z.parquet"), "--json"];
    const { output } = await vaeportInfer(...args);
    expect(JSON.parse(output)).toMatchObject({ rows: ROWS, resumed: 0, provider: "cpu" });
    await using vae = await loadVae(TINY);
    const { mean, logVariance } = await vae.encode(x);
    const file = await asyncBufferFromFile(at("z.parquet"));
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(ROWS);
    expect(rows[7]).toEqual({
      id: "7",
      mean: [...mean.data.subarray(14, 16)],
      log_variance: [...logVariance.data.subarray(14, 16)],
    });
  });

  test("classes, one for each row, and a full covariance", async () => {
    const model = `${FIXTURES}tiny-conditional`;
    const labels = Array.from({ length: ROWS }, (_, row) => row % 3);
    const head = printNpyHead([{ name: "label", shape: [] }], ROWS).toString("latin1");
    const whole = Buffer.from(head.replace("<f4", "<i4"), "latin1");
    writeFileSync(
      at("labels.npy"),
      Buffer.concat([whole, Buffer.from(Int32Array.from(labels).buffer)]),
    );
    const args = ["--label", at("labels.npy"), "--batch", "4"];
    await vaeportInfer("reconstruct", model, at("x.npy"), "-o", at("c.npy"), ...args);
    await using conditional = await loadVae(model);
    const expected = await conditional.reconstruct(x, { label: labels });
    expect(values(at("c.npy"))).toEqual(expected.data);
    await vaeportInfer("encode", `${FIXTURES}tiny-full`, at("x.npy"), "-o", at("f.npy"));
    await using full = await loadVae(`${FIXTURES}tiny-full`);
    const { mean, scaleTril } = await full.encode(x);
    expect([...values(at("f.npy"))]).toEqual(interleave([mean.data, scaleTril!.data], ROWS));
  });
});

describe("images", () => {
  const grey = (row: number) =>
    Uint8Array.from({ length: 12 }, (_, i) => (row * 40 + i * 17) % 256);
  const raw = (width: number, height: number, channels: 1 | 3) => ({
    raw: { width, height, channels },
  });

  beforeAll(async () => {
    mkdirSync(at("images", "more"), { recursive: true });
    const files = ["images/a.png", "images/b.png", "images/more/c.png"];
    for (const [row, file] of files.entries()) {
      await sharp(grey(row), raw(3, 4, 1))
        .png()
        .toFile(at(file));
    }
    await sharp(grey(0), raw(4, 3, 1))
      .png()
      .toFile(at("wide.png"));
    writeFileSync(at("images", "notes.txt"), "no image");
    writeFileSync(at("broken.png"), "no image either");
  });

  test("of a folder go through in order of their names", async () => {
    const args = ["encode", TINY, at("images"), "-o", at("i.parquet")];
    expect(await vaeportInfer(...args)).toMatchObject({ code: 0, errors: "" });
    await using vae = await loadVae(TINY);
    const bytes = Uint8Array.from([0, 1, 2].flatMap((row) => [...grey(row)]));
    const { mean } = await vae.encode(bytes);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(at("i.parquet")) });
    expect(rows.map(({ id }) => id)).toEqual(
      ["a.png", "b.png", "more/c.png"].map((name) => at("images", name)),
    );
    expect(rows.flatMap((row) => row.mean)).toEqual([...mean.data]);
  });

  test("of another size are refused, or scaled when asked", async () => {
    const args = ["encode", TINY, at("wide.png"), "-o", at("w.npy")];
    expect(await vaeportInfer(...args)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(
        /wide.png: expected 3 x 4 pixels; got 4 x 3. --resize scales images/,
      ),
    });
    expect(await vaeportInfer(...args, "--resize")).toMatchObject({ code: 0 });
    const broken = await vaeportInfer("encode", TINY, at("broken.png"), "-o", at("b.npy"));
    expect(broken).toMatchObject({
      code: 1,
      errors: expect.stringMatching(
        /broken.png: cannot be read as an image \(.*unsupported image format.*\). Save it as PNG, JPEG or WebP/,
      ),
    });
  });

  test("in colour, and with channels first", async () => {
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => i * 14);
    await sharp(pixels, raw(3, 2, 3))
      .png()
      .toFile(at("colour.png"));
    const section = { range: [0, 1] as [number, number], binarised: false };
    const last = await imageReader({ ...section, shape: [2, 3, 3], layout: "NHWC" }, false);
    expect([...(await last(at("colour.png")))]).toEqual([...pixels]);
    const first = await imageReader({ ...section, shape: [3, 2, 3], layout: "NCHW" }, false);
    const planes = [0, 1, 2].flatMap((c) => [...pixels].filter((_, i) => i % 3 === c));
    expect([...(await first(at("colour.png")))]).toEqual(planes);
  });

  test("in colour and half transparent, into grey, give the bytes that a browser's pictures give", async () => {
    const rgba = Uint8ClampedArray.of(200, 30, 90, 255, 200, 30, 90, 100, 255, 255, 255, 0);
    await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toFile(at("veiled.png"));
    const section = { range: [0, 255] as [number, number], binarised: false };
    const sizes = { ...section, shape: [1, 3, 1], layout: "NHWC" as const };
    const picture = { width: 3, height: 1, data: rgba };
    const { data } = readPictures("encode: x", [picture], sizes, false);
    expect([...data]).toEqual([88, 34, 0]); // 0.299 R + 0.587 G + 0.114 B over black
    expect([...(await (await imageReader(sizes, false))(at("veiled.png")))]).toEqual([...data]);
  });

  test("of 16 bits a channel are read as 8", async () => {
    const deep = Uint16Array.of(0, 0x8000, 0xffff);
    await sharp(deep, { raw: { width: 3, height: 1, channels: 1, depth: "ushort" } } as never)
      .toColourspace("grey16")
      .png()
      .toFile(at("deep.png"));
    const section = { range: [0, 1] as [number, number], binarised: false };
    const read = await imageReader({ ...section, shape: [1, 3, 1], layout: "NHWC" }, false);
    expect([...(await read(at("deep.png")))]).toEqual([0, 128, 255]);
  });
});

describe("a run that is cut off", () => {
  const MANY = 40_000;
  const args = (file: string) => ["encode", TINY, at("many.npy"), "-o", at(file), "--batch", "8"];
  beforeAll(() => {
    writeItems(at("many.npy"), MANY);
  });

  async function cutOff(file: string, signal: "SIGKILL" | "SIGINT") {
    const child = spawn(process.execPath, [BIN, ...args(file)]);
    const ended = new Promise<{ code: number | null; signal: unknown }>((done) =>
      child.once("exit", (code, by) => done({ code, signal: by })),
    );
    const partial = at(`${file}.partial`);
    const written = () => (existsSync(partial) ? statSync(partial).size : 0);
    while (written() < 20_000 && child.exitCode === null) await sleep(5);
    child.kill(signal);
    return ended;
  }

  test("goes on where it was killed, and ends with the same bytes", async () => {
    expect(await cutOff("killed.npy", "SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    expect(existsSync(at("killed.npy"))).toBe(false);
    const again = await vaeportInfer(...args("killed.npy"), "--json");
    const { resumed } = JSON.parse(again.output);
    expect(resumed).toBeGreaterThan(0);
    expect(resumed).toBeLessThan(MANY);
    await vaeportInfer(...args("whole.npy"));
    expect(readFileSync(at("killed.npy")).equals(readFileSync(at("whole.npy")))).toBe(true);
    expect(existsSync(at("killed.npy.partial")) || existsSync(at("killed.npy.partial.json"))).toBe(
      false,
    );
  });

  test("ends with 130 when interrupted, and starts anew for other numbers", async () => {
    expect(await cutOff("stopped.npy", "SIGINT")).toEqual({ code: 130, signal: null });
    expect(existsSync(at("stopped.npy.partial"))).toBe(true);
    const other = [...args("stopped.npy").slice(0, -1), "16", "--json"];
    const again = await vaeportInfer(...other);
    expect(JSON.parse(again.output)).toMatchObject({ rows: MANY, resumed: 0 });
  });
});

describe("refuses", () => {
  test.each<[string, string[], number, RegExp]>([
    [
      "no output",
      ["encode", TINY, "x.npy"],
      2,
      /-o: expected a file name that ends in .npy or .parquet; got nothing/,
    ],
    ["no input", ["score", TINY, "-o", "e.npy"], 2, /score: expected a model and its input/],
    [
      "a count that is none",
      ["sample", TINY, "-n", "few", "-o", "e.npy"],
      2,
      /--count: expected a whole number/,
    ],
    ["no count", ["sample", TINY, "-o", "e.npy"], 2, /-n, how many, is missing/],
    ["no model", ["encode", "nowhere", "x.npy", "-o", "e.npy"], 1, /nowhere/],
    [
      "an input that is not there",
      ["encode", TINY, "y.npy", "-o", "e.npy"],
      1,
      /y.npy: there is no such file/,
    ],
    [
      "another shape",
      ["encode", TINY, "other.npy", "-o", "e.npy"],
      1,
      /of shape \[n, 4, 3, 1\]; got <f4 of shape \[2, 5\]. Save items of 12 values each/,
    ],
    ["what is no array", ["encode", TINY, "text.npy", "-o", "e.npy"], 1, /expected a .npy file/],
    [
      "no label",
      ["encode", `${FIXTURES}tiny-conditional`, "x.npy", "-o", "e.npy"],
      2,
      /--label: the model has 3 classes; expected one from 0 to 2, or a .npy file/,
    ],
    [
      "a label that is none",
      ["sample", `${FIXTURES}tiny-conditional`, "-n", "3", "-o", "e.npy", "--label", "3"],
      2,
      /--label: the model has 3 classes; .*; got "3"/,
    ],
    [
      "a label without classes",
      ["encode", TINY, "x.npy", "-o", "e.npy", "--label", "1"],
      2,
      /--label: the model has no classes. Leave it out/,
    ],
    [
      "labels of other rows",
      ["encode", `${FIXTURES}tiny-conditional`, "x.npy", "-o", "e.npy", "--label", "other.npy"],
      1,
      /other.npy: expected 11 whole numbers; got <f4 of shape \[2, 5\]. Save labels.astype/,
    ],
    [
      "a provider of no name",
      ["encode", TINY, "x.npy", "-o", "e.npy", "--provider", "tpu"],
      2,
      /--provider: expected "auto" or names such as .*; got "tpu"/,
    ],
    [
      "a precision that the model lacks",
      ["encode", TINY, "x.npy", "-o", "e.npy", "--precision", "int8"],
      2,
      /--precision: tiny has float32; got "int8"/,
    ],
    [
      "a file that exists",
      ["encode", TINY, "x.npy", "-o", "text.npy"],
      1,
      /text.npy exists. --force replaces it/,
    ],
  ])("%s", async (_, args, code, message) => {
    writeFileSync(at("text.npy"), "text");
    const head = printNpyHead([{ name: "x", shape: [5] }], 2);
    writeFileSync(at("other.npy"), Buffer.concat([head, Buffer.alloc(40)]));
    const placed = args.map((arg) => (arg.endsWith(".npy") ? at(arg) : arg));
    const outcome = await vaeportInfer(...placed);
    expect(outcome).toMatchObject({ code, errors: expect.stringMatching(message) });
    expect(outcome.errors).not.toMatch(/ {4}at /);
    expect(existsSync(at("e.npy"))).toBe(false);
  });

  test.each([
    [
      "sharp",
      [join("images", "a.png"), "-o", "p.npy"],
      "Reading images needs sharp. Install it with `npm install sharp@0.35.5`.",
    ],
    [
      "hyparquet-writer",
      ["x.npy", "-o", "p.parquet"],
      "Writing parquet needs hyparquet-writer. Install it with `npm install hyparquet-writer@0.17.0`.",
    ],
  ])("says what to install without %s", async (name, args, message) => {
    const hook = `export async function resolve(name, context, next) {
      if (name !== ${JSON.stringify(name)}) return next(name, context);
      throw Object.assign(new Error("Cannot find " + name), { code: "ERR_MODULE_NOT_FOUND" });
    }`;
    const asModule = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
    const preload = `import { register } from "node:module"; register(${JSON.stringify(asModule(hook))});`;
    const placed = args.map((arg) => (arg.includes(".") ? at(arg) : arg));
    const outcome = await node("--import", asModule(preload), BIN, "encode", TINY, ...placed);
    expect(outcome).toEqual({ code: 1, output: "", errors: `vaeport-infer: ${message}\n` });
  });
});
