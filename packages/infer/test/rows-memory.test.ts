/** Memory of the commands over many items: ten times as many take no more. */
import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { printNpyHead } from "../src/cli/rows/npy.js";
import { FIXTURES, TINY } from "./helpers.js";

const BIN = fileURLToPath(new URL("../bin/vaeport-infer.js", import.meta.url));
const CONDITIONAL = `${FIXTURES}tiny-conditional`;
const FEW = 100_000;
const MANY = 10 * FEW;
/** MB that the process may gain: half of what the items of MANY, or their latents as lists, would add if they were kept. */
const MOST_GROWTH = 20;
/** Of the heap, in MB: garbage is collected early, and does not count. */
const HEAP = 96;

const scratch = mkdtempSync(join(tmpdir(), "vaeport-rows-memory-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const at = (name: string) => join(scratch, name);

beforeAll(() => {
  for (const rows of [FEW, MANY]) {
    writeZeros(at(`x-${rows}.npy`), "<f4", [4, 3, 1], 4, rows);
    writeZeros(at(`label-${rows}.npy`), "|u1", [], 1, rows);
  }
});

function writeZeros(file: string, type: string, shape: number[], bytes: number, rows: number) {
  const head = printNpyHead([{ name: "x", shape }], rows)
    .toString("latin1")
    .replace("<f4", type);
  const item = shape.reduce((product, size) => product * size, bytes);
  const target = openSync(file, "w");
  writeSync(target, Buffer.from(head, "latin1"));
  writeSync(target, Buffer.alloc(item * rows));
  closeSync(target);
}

/** The largest resident memory of a command, in MB. */
function peakMemory(args: readonly string[]): Promise<number> {
  const tell = `process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS));`;
  const preload = `data:text/javascript,${encodeURIComponent(tell)}`;
  const node = [`--max-old-space-size=${HEAP}`, "--import", preload];
  const all = [...node, BIN, ...args, "--batch", "4096", "--force"];
  return new Promise((done, fail) => {
    execFile(process.execPath, all, (error, _, errors) => {
      const peak = /peak (\d+)/.exec(errors)?.[1];
      if (error !== null || peak === undefined) fail(error ?? new Error(errors));
      else done((Number(peak) * 1024) / 1e6);
    });
  });
}

test.each<[string, (rows: number) => string[]]>([
  ["encode into .parquet", (rows) => ["encode", TINY, at(`x-${rows}.npy`), "-o", at("z.parquet")]],
  [
    "reconstruct into .npy",
    (rows) => ["reconstruct", TINY, at(`x-${rows}.npy`), "-o", at("r.npy")],
  ],
  [
    "score with a class for each row",
    (rows) => {
      const label = ["--label", at(`label-${rows}.npy`)];
      return ["score", CONDITIONAL, at(`x-${rows}.npy`), "-o", at("s.npy"), ...label];
    },
  ],
  ["sample", (rows) => ["sample", TINY, "-n", String(rows), "-o", at("d.npy")]],
])("%s", async (_, args) => {
  const few = await peakMemory(args(FEW));
  const many = await peakMemory(args(MANY));
  expect(many - few).toBeLessThan(MOST_GROWTH);
});
