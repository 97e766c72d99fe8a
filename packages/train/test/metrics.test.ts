/** What is logged: every number against its definition, as lines and as TensorBoard's event files. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type EpochMetrics, resume, train } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { LossMeter } from "../src/training/losses.js";
import { smallConfig, temporaryFolder } from "./support.js";

/** Records of a TFRecord file: length (8 bytes), its checksum (4), the bytes, their checksum (4). */
function records(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    found.push(file.subarray(at + 12, at + 12 + length));
    at += length + 16;
  }
  return found;
}

/** Of the only event file of a run. */
async function eventsOf(run: string): Promise<Buffer[]> {
  const [file, ...more] = await readdir(join(run, "tensorboard"));
  expect(more).toEqual([]);
  return records(await readFile(join(run, "tensorboard", file!)));
}

describe("LossMeter", () => {
  // Two items in two steps, k = 2: distortion, rate, rates, means, squares of means.
  const first = { terms: [10, 3, 1, 2, 0.5, 0.1, 0.25, 0.01], gradientNorm: 2 };
  const second = { terms: [20, 5, 2, 3, -0.5, 0.1, 0.25, 0.01], gradientNorm: 4 };

  test("averages over the items, and counts units whose mean varies", () => {
    const meter = new LossMeter();
    meter.add(first, 1);
    const continued = new LossMeter(meter.sums);
    continued.add(second, 1);
    expect(continued.readAll(16)).toEqual({
      ...{ negativeElbo: 19, distortion: 15, rate: 4 },
      rateByDimension: [1.5, 2.5],
      activeUnits: 1, // variances 0.25 and 0
      bitsPerDimension: 19 / 16 / Math.log(2),
    });
    expect(continued.gradientNorm).toBe(3);
    expect(meter.sums.items).toBe(1); // the sums that were given on are copies
  });
});

test("an epoch's line holds every number of both sets; TensorBoard gets the same", async () => {
  const folder = join(await temporaryFolder(), "run");
  const config = smallConfig({ training: { epochs: 3, batchSize: 64, tensorBoard: true } });
  const interrupt = new AbortController();
  const stopped = train(config, {
    out: folder,
    signal: interrupt.signal,
    onEvent: (event) => event.type === "epoch" && interrupt.abort(),
  });
  await stopped.catch(() => {});
  await resume(folder);

  const lines = (await readFile(join(folder, "metrics.jsonl"), "utf8")).trim().split("\n");
  const epochs = lines.map((line) => JSON.parse(line) as EpochMetrics);
  expect(epochs).toHaveLength(3);
  for (const { train, test, gradientNorm, learningRate } of epochs) {
    expect(gradientNorm).toBeGreaterThan(0);
    expect(learningRate).toBe(1e-3);
    for (const set of [train, test]) {
      expect(set.rateByDimension).toHaveLength(4);
      const sum = set.rateByDimension.reduce((a, b) => a + b);
      expect(Math.abs(sum / set.rate - 1)).toBeLessThan(1e-5);
      expect(set.bitsPerDimension).toBeCloseTo(set.negativeElbo / 784 / Math.log(2), 12);
      expect(set.activeUnits).toBeGreaterThan(0);
    }
  }

  const events = await eventsOf(folder);
  const text = events.map((event) => event.toString("latin1"));
  expect(text[0]).toContain("brain.Event:2");
  const tags = ["train/negativeElbo", "held-out/rateByDimension/3", "held-out/activeUnits"];
  for (const tag of [...tags, "gradientNorm", "learningRate", "imagesPerSecond"]) {
    expect(text.filter((event) => event.includes(tag))).toHaveLength(3); // no epoch twice
  }
  const last = events.findLast((event) => event.includes("held-out/bitsPerDimension"))!;
  const value = Buffer.alloc(4);
  value.writeFloatLE(epochs[2]!.test.bitsPerDimension);
  expect(last.includes(value)).toBe(true);

  await train(smallConfig({ training: { epochs: 1, tensorBoard: true } }), {
    out: folder,
    force: true,
  });
  expect((await eventsOf(folder)).length).toBe((events.length - 1) / 3 + 1);
});
