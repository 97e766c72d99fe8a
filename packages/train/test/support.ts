/** What several suites need: TensorFlow, small configurations, temporary folders. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig, type TrainConfig, type TrainConfigInput } from "@vaeport/train";
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { onTestFinished } from "vitest";

export const tf = await loadTensorFlow();

/** A small dense network on a slice of MNIST, with whatever a test changes. */
export function smallConfig(changes: Partial<TrainConfigInput> = {}): TrainConfig {
  return parseConfig({
    name: "small",
    data: { name: "mnist", trainItems: 1000, testItems: 200 },
    model: { type: "dense", hidden: [32] },
    latent: { size: 4 },
    training: { epochs: 2, batchSize: 64 },
    ...changes,
  });
}

/** Milliseconds for a test that starts processes which load TensorFlow: a handful, or at night a hundred. */
export const PROCESSES_TIMEOUT = process.env.VAEPORT_NIGHTLY ? 3_600_000 : 300_000;

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-train-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Numbers in [low, high) that only look random: a linear congruential generator, for inputs of tests. */
export function numbers(count: number, low: number, high: number, seed = 1): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  });
}
