/** What a training came to, to compare two that must not differ. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EpochMetrics } from "@vaeport/train";
import { expect } from "vitest";

/** Weights and metrics of a finished run, without what depends on the clock. */
export async function outcome(folder: string): Promise<{ weights: Buffer[]; losses: object[] }> {
  const weights = await Promise.all(
    ["encoder", "decoder"].map((name) => readFile(join(folder, name, "weights.bin"))),
  );
  const lines = (await readFile(join(folder, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  const losses = lines.map((line) => {
    const { seconds, imagesPerSecond, ...kept } = JSON.parse(line) as EpochMetrics;
    expect(imagesPerSecond).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(0);
    return kept;
  });
  return { weights, losses };
}
