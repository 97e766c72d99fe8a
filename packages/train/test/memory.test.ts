/** Memory over many epochs: neither the process nor the number of tensors grows. */
import { join } from "node:path";
import { train } from "@vaeport/train";
import { expect, test } from "vitest";
import { smallConfig, temporaryFolder, tf } from "./support.js";

declare module "vitest" {
  interface TaskMeta {
    /** What the record of a nightly run tells. */
    measured?: string;
  }
}

const nightly = Boolean(process.env.VAEPORT_NIGHTLY);

/** Epochs in which caches fill; the 20 after them are compared. */
const WARM = 5;

/** What the process may gain between the means of the first and the last five: less than a copy of all weights an epoch. */
const TOLERANCE = nightly ? 0.02 : 0.05;

test("memory is flat over 20 epochs, checkpoints included", async ({ task }) => {
  const folder = join(await temporaryFolder(), "run");
  const config = smallConfig({
    data: nightly ? { name: "mnist" } : { name: "mnist", trainItems: 640, testItems: 100 },
    model: { type: "dense", hidden: [nightly ? 400 : 100] },
    latent: { size: 20 },
    training: { epochs: WARM + 20, weightAverage: {}, earlyStop: { patience: 100 } },
  });
  const resident: number[] = [];
  const tensors: number[] = [];
  await train(config, {
    out: folder,
    onEvent(event) {
      if (event.type !== "epoch") return;
      resident.push(process.memoryUsage().rss / 1e6);
      tensors.push(tf.memory().numTensors);
    },
  });
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const [first, last] = [mean(resident.slice(WARM, WARM + 5)), mean(resident.slice(-5))];
  const megabytes = resident.map((value) => value.toFixed(0)).join(" ");
  task.meta.measured = `resident memory after each epoch, in MB: ${megabytes}`;
  console.log(task.meta.measured);
  expect(last / first - 1).toBeLessThan(TOLERANCE);
  expect(new Set(tensors.slice(1)).size).toBe(1);
});
