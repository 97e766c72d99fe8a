/** Memory: neither the process nor the number of tensors grows over many epochs, and a dry run says what it will be. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Plan, type TrainConfig, type TrainConfigInput, train } from "@vaeport/train";
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

const few = { name: "mnist", trainItems: 640, testItems: 100 } as const;

const nets: Record<"dense" | "convolutional", Partial<TrainConfigInput>> = {
  dense: {
    data: nightly ? { name: "mnist" } : few,
    model: { type: "dense", hidden: [nightly ? 400 : 100] },
  },
  convolutional: {
    data: nightly ? { ...few, trainItems: 10_000, testItems: 2000 } : few,
    model: {
      type: "conv",
      layers: [8, 16].map((channels) => ({ channels, stride: 2, residualBlocks: nightly ? 1 : 0 })),
      hidden: [nightly ? 128 : 64],
      normalisation: "batch",
    },
  },
};

test.for(["dense", "convolutional"] as const)(
  "memory of a %s net is flat over 20 epochs, checkpoints included",
  async (net, { task }) => {
    const folder = join(await temporaryFolder(), "run");
    const config = smallConfig({
      ...nets[net],
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
  },
);

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

/** What a fresh process prints that has the package's names and the configuration `config`. */
async function fresh(config: TrainConfig, script: string): Promise<string> {
  const code = `import { planTraining, train } from "@vaeport/train"; const config = ${JSON.stringify(config)}; ${script}`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
    cwd: PACKAGE,
  });
  return stdout;
}

const largeBatches: [string, Partial<TrainConfigInput>] = [
  "a convolutional net in large batches",
  wide(100),
];

/** Of the second, an evaluation's batch of 500 takes most; of the third, a step takes as much. */
test.for<[string, Partial<TrainConfigInput>]>([
  ["a dense net", { model: { type: "dense", hidden: [400] }, latent: { size: 20 } }],
  ["a convolutional net in small batches", wide(8)],
  ...(nightly ? [largeBatches] : []),
])("a dry run says what %s takes", async ([name, changes], { task }) => {
  const config = smallConfig({
    ...changes,
    data: { name: "mnist", trainItems: 200, testItems: 500 },
  });
  const out = join(await temporaryFolder(), "run");
  const { megabytes }: Plan = JSON.parse(
    await fresh(config, "console.log(JSON.stringify(await planTraining(config)))"),
  );
  const end = `await train(config, { out: ${JSON.stringify(out)} }); console.log(process.resourceUsage().maxRSS)`;
  const peak = (Number(await fresh(config, end)) * 1024) / 1e6;
  const { total, process: beforehand, step, evaluation } = megabytes;
  task.meta.measured = `${name}: ${total.toFixed(0)} MB estimated, ${peak.toFixed(0)} MB seen`;
  console.log(task.meta.measured);
  const { data, weights, checkpoint, graphs } = megabytes;
  expect(data).toBeLessThan(beforehand);
  expect(total).toBeCloseTo(beforehand + weights + checkpoint + step + evaluation + graphs, 6);
  // Here 0.95 to 1.35; with more processors, each of TensorFlow's threads keeps some memory for itself.
  expect(total / peak).toBeGreaterThan(0.8);
  expect(total / peak).toBeLessThan(1.5);
});

function wide(batchSize: number): Partial<TrainConfigInput> {
  const layers = [1, 2, 2].map((stride) => ({ channels: 64, stride }));
  return { model: { type: "conv", layers }, training: { epochs: 1, batchSize } };
}
