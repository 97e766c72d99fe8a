/** Training as a whole: what it reaches, what it repeats, what it leaves on disk. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseRunSummary } from "@vaeport/infer/manifest";
import {
  buildVae,
  type Dataset,
  type EpochMetrics,
  evaluate,
  evaluateRun,
  InterruptedError,
  loadDataset,
  loadRun,
  NonFiniteLossError,
  RunFolderError,
  RunWriteError,
  readConfig,
  type Snapshot,
  type TrainConfig,
  type TrainConfigInput,
  type TrainEvent,
  train,
  trainEpochs,
  type Vae,
} from "@vaeport/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRunFolder, openRun, replaceRun } from "../src/training/run-folder.js";
import { withFailingWrites } from "./failing-writes.js";
import { smallConfig, temporaryFolder, tf } from "./support.js";

let dataset: Dataset;
beforeAll(async () => {
  dataset = await loadDataset(tf, smallConfig().data);
});
afterAll(() => dataset.dispose());

async function run(config: TrainConfig): Promise<{ vae: Vae; epochs: EpochMetrics[] }> {
  const vae = buildVae(tf, config, dataset);
  const epochs: EpochMetrics[] = [];
  for await (const event of trainEpochs({ tf, vae, dataset, config })) {
    if (event.type === "epoch") epochs.push(event.metrics);
  }
  return { vae, epochs };
}

/** Metrics without what depends on the clock. */
const losses = (epochs: readonly EpochMetrics[]) =>
  epochs.map(({ epoch, train, test }) => ({ epoch, train, test }));

const weights = (vae: Vae) => vae.variables.map((variable) => variable.dataSync().slice());

describe("trainEpochs", () => {
  test("brings 200 held-out digits below 180 nats with 8 epochs of 1000", async () => {
    // A decoder that knows nothing but each pixel's mean stays at 199.3 nats, with rate 0.
    const config = smallConfig({
      model: { type: "dense", hidden: [64] },
      training: { epochs: 8, batchSize: 64, optimizer: { learningRate: 5e-3 } },
    });
    const { vae, epochs } = await run(config);
    const [first, last] = [epochs[0]!, epochs[7]!];
    expect(last.test.negativeElbo).toBeLessThan(180);
    expect(last.test.rate).toBeGreaterThan(4);
    expect(last.test.activeUnits).toBe(4);
    expect(last.train.negativeElbo).toBeLessThan(first.train.negativeElbo);
    for (const { train, test } of epochs) {
      expect(train.distortion + train.rate).toBeCloseTo(train.negativeElbo, 9);
      expect(test.distortion + test.rate).toBeCloseTo(test.negativeElbo, 9);
    }
    vae.dispose();
  });

  test.each<[string, Partial<TrainConfigInput>]>([
    ["grey values", {}],
    ["dynamic binarisation", { data: { ...smallConfig().data, binarisation: "dynamic" } }],
    [
      "convolutions and batch normalisation",
      {
        model: { type: "conv", layers: [{ channels: 16, stride: 2 }], normalisation: "batch" },
        training: { epochs: 1 },
      },
    ],
  ])("the same seed gives the same losses and weights to the bit (%s)", async (_, changes) => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => run(smallConfig({ ...changes, seed }))),
    );
    expect(losses(again!.epochs)).toEqual(losses(first!.epochs));
    expect(weights(again!.vae)).toEqual(weights(first!.vae));
    expect(losses(other!.epochs)).not.toEqual(losses(first!.epochs));
    for (const each of [first!, again!, other!]) each.vae.dispose();
  });

  test("beta is applied: a larger one leaves a smaller rate", async () => {
    const rates = [];
    for (const beta of [0, 1, 8]) {
      const { vae, epochs } = await run(smallConfig({ objective: { beta } }));
      rates.push(epochs.at(-1)!.train.rate);
      vae.dispose();
    }
    expect(rates[1]!).toBeLessThan(0.7 * rates[0]!);
    expect(rates[2]!).toBeLessThan(0.3 * rates[1]!);
  });

  test("a conv network with batch normalisation trains, and leaks no tensors", async () => {
    const config = smallConfig({
      model: {
        type: "conv",
        layers: [
          { channels: 3, stride: 2 },
          { channels: 5, stride: 2 },
        ],
        normalisation: "batch",
        outputBias: "data-mean",
      },
      training: { epochs: 2, batchSize: 100 },
    });
    const before = tf.memory().numTensors;
    const { vae, epochs } = await run(config);
    expect(epochs[1]!.train.negativeElbo).toBeLessThan(epochs[0]!.train.negativeElbo);
    vae.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("every item counts, those of a smaller last batch too", async () => {
    // One step over all items at a learning rate of nearly nothing: both give the same mean rate.
    const optimizer = { learningRate: 1e-12 };
    const rates = [];
    for (const batchSize of [1000, 300]) {
      const { vae, epochs } = await run(
        smallConfig({ training: { epochs: 1, batchSize, optimizer } }),
      );
      rates.push(epochs[0]!.train.rate);
      vae.dispose();
    }
    expect(Math.abs(rates[1]! / rates[0]! - 1)).toBeLessThan(1e-5);
  });

  test("a loss that is not finite stops it, saying where and what to try", async () => {
    const optimizer = { learningRate: 1e6 };
    const failed = run(smallConfig({ training: { epochs: 2, batchSize: 64, optimizer } }));
    await expect(failed).rejects.toThrow(NonFiniteLossError);
    await expect(failed).rejects.toThrow(
      /not finite in epoch 1, step \d+: .*smaller training\.optimizer\.learningRate/,
    );
    const first = new NonFiniteLossError(1, 1, { distortion: Number.POSITIVE_INFINITY, rate: 1 });
    expect(first.message).toMatch(/distortion Infinity, rate 1\. Nothing was learned yet: scale/);
  });
});

test("a loss that becomes not finite later leaves the last checkpoint as it was, and sound", async () => {
  const config = smallConfig({ training: { epochs: 3, batchSize: 100, engine: "eager" } });
  const vae = buildVae(tf, config, dataset);
  const snapshots: Snapshot[] = [];
  const save = async (snapshot: Snapshot) => void snapshots.push(snapshot);
  const training = (async () => {
    for await (const event of trainEpochs({ tf, vae, dataset, config, save })) {
      if (event.type !== "epoch") continue;
      const [weight] = vae.variables;
      weight!.assign(tf.fill(weight!.shape, Number.NaN));
    }
  })();
  await expect(training).rejects.toThrow(/not finite in epoch 2, step 1: distortion NaN/);
  expect(snapshots).toHaveLength(1);
  for (const { values } of Object.values(snapshots[0]!.state)) {
    expect(values.every(Number.isFinite)).toBe(true);
  }
  vae.dispose();
});

describe("evaluate", () => {
  test("the batch size changes no more than the noise: the rate stays", () => {
    const config = smallConfig();
    const vae = buildVae(tf, config, dataset);
    const source = { tf, vae, images: dataset.test, config };
    const whole = evaluate(source);
    const parts = evaluate(source, { batchSize: 7 });
    expect(evaluate(source)).toEqual(whole);
    expect(parts.activeUnits).toBe(whole.activeUnits);
    expect(Math.abs(parts.rate / whole.rate - 1)).toBeLessThan(1e-6);
    expect(evaluate(source, { seed: 1 }).distortion).not.toBe(whole.distortion);
    vae.dispose();
  });

  test("a unit is active where the variance of its mean exceeds 0.01", () => {
    const config = smallConfig({ latent: { size: 3 } });
    const vae = buildVae(tf, config, dataset);
    // Means 0, a constant, and the pixel in the middle (variance about 0.2).
    const pixel = tf.slice(tf.reshape(dataset.test, [-1, 784]), [0, 406], [-1, 1]);
    const zeros = tf.zerosLike(pixel);
    const all = tf.concat([zeros, tf.onesLike(pixel), pixel], 1) as never;
    const fixed: Vae = { ...vae, encode: () => ({ mean: all, logVariance: tf.zerosLike(all) }) };
    const { activeUnits } = evaluate({ tf, vae: fixed, images: dataset.test, config });
    expect(activeUnits).toBe(1);
    vae.dispose();
  });
});

/** Every file in a folder, with the hash of what it holds. */
async function contents(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = async (path: string) =>
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  return Promise.all(paths.map(async (path) => [path, await hash(path)] as [string, string]));
}

describe("train", () => {
  test("writes a run folder that loads to the same model", async () => {
    const folder = join(await temporaryFolder(), "run");
    const config = smallConfig();
    const events: TrainEvent[] = [];
    const before = tf.memory().numTensors;
    const result = await train(config, { out: folder, onEvent: (event) => events.push(event) });
    expect(tf.memory().numTensors).toBe(before);

    expect((await readdir(folder)).sort()).toEqual([
      ...["checkpoints", "config.json", "decoder", "encoder", "metrics.jsonl"],
      ...["pictures", "summary.json"],
    ]);
    expect(await readdir(join(folder, "checkpoints"))).toEqual(["epoch-0001", "epoch-0002"]);
    expect(events[0]).toMatchObject({ type: "start", trainItems: 1000, testItems: 200 });
    expect(events.filter(({ type }) => type === "epoch")).toHaveLength(2);

    const loaded = await loadRun(tf, folder);
    expect(loaded.config).toEqual(config);
    expect(loaded.metrics).toEqual(result.epochs);
    const { test: heldOut } = result.epochs[1]!;
    // Measured eagerly here and as one graph in training: equal but for the order of summation.
    const again = evaluate({ tf, vae: loaded.vae, images: dataset.test, config });
    expect(Math.abs(again.distortion / heldOut.distortion - 1)).toBeLessThan(1e-6);
    expect(Math.abs(again.rate / heldOut.rate - 1)).toBeLessThan(1e-6);
    expect(loaded.summary.training.metrics.testNegativeElbo).toBe(heldOut.negativeElbo);
    expect(loaded.vae.encoder.outputs.map(({ shape }) => shape)).toEqual([
      [null, 4],
      [null, 4],
    ]);
    const summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
    expect(parseRunSummary(summary)).toEqual(summary);
    loaded.vae.dispose();
  });

  test("an interrupt keeps everything so far, and such a run does not load", async () => {
    const folder = join(await temporaryFolder(), "run");
    const interrupt = new AbortController();
    const training = train(smallConfig({ training: { epochs: 50 } }), {
      out: folder,
      signal: interrupt.signal,
      onEvent(event) {
        if (event.type === "epoch" && event.metrics.epoch === 2) interrupt.abort();
      },
    });
    await expect(training).rejects.toThrow(InterruptedError);
    const told = new RegExp(`epoch 3 of 50\\. .* Continue with: vaeport-train resume ${folder}$`);
    await expect(training).rejects.toThrow(told);
    expect(await readdir(join(folder, "checkpoints"))).toEqual([
      "epoch-0002",
      expect.stringMatching(/^epoch-0002-step-0000\d\d$/),
    ]);
    expect((await readFile(join(folder, "metrics.jsonl"), "utf8")).split("\n")).toHaveLength(3);
    await expect(loadRun(tf, folder)).rejects.toThrow(
      /its training did not finish\. Continue it with: vaeport-train resume/,
    );
  });

  test("with force leaves the earlier run as it was until the first checkpoint", async () => {
    const run = join(await temporaryFolder(), "run");
    await train(smallConfig(), { out: run });
    const before = await contents(run);
    const training = { epochs: 2, batchSize: 64, tensorBoard: true };
    const wild = smallConfig({ training: { ...training, optimizer: { learningRate: 1e30 } } });
    await expect(train(wild, { out: run, force: true })).rejects.toThrow(NonFiniteLossError);
    expect(await contents(run)).toEqual(before);

    const next = smallConfig({ seed: 2, training });
    await withFailingWrites(
      (path) => path.includes("state.bin"),
      async () => {
        const full = train(next, { out: run, force: true });
        await expect(full).rejects.toThrow(RunWriteError);
        await expect(full).rejects.toThrow(/then train again, with --force$/);
      },
    );
    expect(await contents(run)).toEqual(before);

    const { epochs } = await train(next, { out: run, force: true });
    const { vae, metrics, config } = await loadRun(tf, run);
    expect([metrics, config.seed]).toEqual([epochs, 2]);
    expect((await readdir(run)).sort()).toEqual([
      ...["checkpoints", "config.json", "decoder", "encoder", "metrics.jsonl"],
      ...["pictures", "summary.json", "tensorboard"],
    ]);
    vae.dispose();
  });

  test("is refused where a run is already", async () => {
    const folder = await temporaryFolder();
    await createRunFolder(folder, smallConfig());
    await expect(train(smallConfig(), { out: folder })).rejects.toThrow(RunFolderError);
  });
});

describe("a run folder", () => {
  test("is made, and so are those above it", async () => {
    const folder = join(await temporaryFolder(), "above", "run");
    await createRunFolder(folder, smallConfig());
    expect(await readdir(folder)).toContain("config.json");
  });

  test.runIf(process.platform === "linux")("that cannot be made is an error", async () => {
    const made = createRunFolder("/proc/none/run", smallConfig());
    await expect(made).rejects.toMatchObject({
      name: "RunFolderError",
      message: expect.stringMatching(
        /^\/proc\/none\/run: cannot be made \(ENOENT.*'\/proc\/none'\)\. Choose/,
      ),
    });
  });

  test("keeps an earlier run unless forced, and what is not the run's in any case", async () => {
    const folder = await temporaryFolder();
    await createRunFolder(folder, smallConfig({ seed: 1 }));
    await writeFile(join(folder, "notes.txt"), "mine");
    await mkdir(join(folder, "encoder"));
    const config = smallConfig({ seed: 2 });
    await expect(createRunFolder(folder, config)).rejects.toThrow(/holds a run already.*--force/);
    await replaceRun(folder, config, async () => undefined);
    expect((await readConfig(join(folder, "config.json"))).seed).toBe(2);
    expect((await readdir(folder)).sort()).toEqual(["config.json", "metrics.jsonl", "notes.txt"]);
  });

  test.each([[[]], [["config.json"]], [["config.json", "metrics.jsonl", "checkpoints"]]])(
    "that was killed while it took an earlier one's place, after %j, does when it is opened",
    async (moved) => {
      const folder = await temporaryFolder();
      const replacement = join(folder, "replacement");
      await createRunFolder(folder, smallConfig({ seed: 1 }));
      await mkdir(join(folder, "checkpoints", "epoch-0009"), { recursive: true });
      if (moved.length === 0) await writeFile(join(folder, "summary.json"), "{}");
      await createRunFolder(replacement, smallConfig({ seed: 2 }));
      await mkdir(join(replacement, "checkpoints", "epoch-0001"), { recursive: true });
      for (const entry of moved) {
        await rm(join(folder, entry), { recursive: true });
        await rename(join(replacement, entry), join(folder, entry));
      }
      expect((await openRun(folder)).config.seed).toBe(2);
      const left = ["checkpoints", "config.json", "metrics.jsonl"];
      expect((await readdir(folder)).sort()).toEqual(left);
      expect(await readdir(join(folder, "checkpoints"))).toEqual(["epoch-0001"]);
    },
  );

  test("does not take the place of other files, even if forced", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "config.json"), "{}");
    const creation = train(smallConfig(), { out: folder, force: true });
    await expect(creation).rejects.toThrow(/not empty and not a run folder/);
    expect(await readFile(join(folder, "config.json"), "utf8")).toBe("{}");
  });

  test("that was damaged says which file is", async () => {
    const folder = join(await temporaryFolder(), "run");
    await train(smallConfig({ training: { epochs: 1 } }), { out: folder });
    await truncate(join(folder, "decoder", "weights.bin"), 1000);
    await expect(loadRun(tf, folder)).rejects.toThrow(/run\/decoder: damaged \(.*Train/s);
    const log = join(folder, "metrics.jsonl");
    const { rateByDimension, ...earlier } = JSON.parse(await readFile(log, "utf8")).test;
    expect(rateByDimension).toHaveLength(4);
    await writeFile(log, JSON.stringify({ epoch: 1, test: earlier }));
    await expect(loadRun(tf, folder)).rejects.toThrow(RunFolderError);
    await expect(loadRun(tf, folder)).rejects.toThrow(
      /line 1: no train, test\.rateByDimension, .* earlier versions did not log\. Train/,
    );
    await truncate(log, 30);
    await expect(loadRun(tf, folder)).rejects.toThrow(/metrics\.jsonl, line 1: damaged/);
  });

  test("is not measured on other data than it was trained on", async () => {
    const folder = await temporaryFolder();
    const [file, run] = [join(folder, "rows.csv"), join(folder, "run")];
    const rows = Array.from({ length: 20 }, (_, i) => `${i / 20},${"ab"[i % 2]}\n`);
    await writeFile(file, `width,kind\n${rows.join("")}`);
    const here = relative(process.cwd(), file); // a run knows its data from wherever it is continued
    const data = { name: "csv", train: here, labelColumn: "kind" } as const;
    const training = { epochs: 1, batchSize: 5 };
    await train(smallConfig({ data, condition: "label", training }), { out: run });
    await writeFile(file, `width,height,kind\n${rows.map((row) => `0,${row}`).join("")}0,0,c\n`);
    const evaluation = evaluateRun(run, { samples: 1 });
    await expect(evaluation).rejects.toThrow(RunFolderError);
    await expect(evaluation).rejects.toThrow(
      /run: was trained on items \[1\], .* has \[2\]; classes \[a, b\], .* has \[a, b, c\]\. Put/,
    );
  });

  test("is told from other folders when it is loaded", async () => {
    await expect(loadRun(tf, await temporaryFolder())).rejects.toThrow(/not a run folder/);
  });
});
