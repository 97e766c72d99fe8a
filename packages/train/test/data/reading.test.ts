/** Data that takes a while to read: its progress moves, the process stays awake, and it can be stopped at any part. */
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dataset, InterruptedError, loadDataset, type TrainConfigInput } from "@vaeport/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tf } from "../support.js";

/** A .npy file of float64 zeros. */
function zeros(shape: readonly number[]): Uint8Array {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const padded = `${header.padEnd(117)}\n`;
  const length = shape.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(10 + padded.length + 8 * length);
  bytes.set(Buffer.from(`\u0093NUMPY\u0001\u0000v\u0000${padded}`, "latin1"));
  return bytes;
}

/** Rows of a table, the same ones. */
const table = (rows: number) => `a,b\n${"0.25,0.5\n".repeat(rows)}`;

type Data = TrainConfigInput["data"];

const folder = mkdtempSync(join(tmpdir(), "vaeport-train-"));
const [large, csv] = [join(folder, "large.npy"), join(folder, "rows.csv")];
beforeAll(async () => {
  await writeFile(large, zeros([8192, 1024]));
  await writeFile(csv, table(100_000));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each<[string, Data, number]>([
  ["one large .npy file", { name: "npy", train: large }, 10],
  ["a table", { name: "csv", train: csv }, 100],
  ["Fashion-MNIST", { name: "fashion-mnist" }, 10],
])("%s", (_, data, least) => {
  test("tells its progress in many parts, up to the end, and lets others have turns", async () => {
    const told: number[] = [];
    let [turns, longest, last] = [0, 0, performance.now()];
    const watch = setInterval(() => {
      const now = performance.now();
      [turns, longest, last] = [turns + 1, Math.max(longest, now - last), now];
    }, 1);
    const dataset: Dataset = await loadDataset(tf, data, {
      onProgress: (done, of) => void told.push(done / of),
    });
    clearInterval(watch);
    dataset.dispose();
    console.log(
      `${told.length} reports, ${turns} turns between them, the longest wait ${longest.toFixed(0)} ms`,
    );
    expect(told.length).toBeGreaterThanOrEqual(least);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    expect(turns).toBeGreaterThan(3);
  });

  test("stops at the part after the signal", async () => {
    const interrupt = new AbortController();
    let reports = 0;
    const reading = loadDataset(tf, data, {
      signal: interrupt.signal,
      onProgress() {
        reports += 1;
        if (reports === 3) interrupt.abort();
      },
    });
    await expect(reading).rejects.toThrow(InterruptedError);
    await expect(reading).rejects.toThrow("Interrupted while the data was read.");
    expect(reports).toBe(3);
  });
});
