/** Every kind of model from configuration to `@vaeport/infer`: trained a little, exported, run by ONNX Runtime. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ConfigError,
  loadDataset,
  type TrainConfig,
  type TrainConfigInput,
  train,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { expectSameNumbers } from "./same-numbers.js";
import { numbers, smallConfig, temporaryFolder, tf } from "./support.js";

type Kind = Pick<Partial<TrainConfigInput>, "model" | "latent" | "likelihood" | "condition">;

const CONV: TrainConfigInput["model"] = {
  type: "conv",
  layers: [
    { channels: 3, stride: 2, residualBlocks: 1 },
    { channels: 4, stride: 2 },
  ],
  normalisation: "batch",
};

const KINDS: Record<string, Kind> = {
  "conditional Bernoulli": { condition: "label" },
  "full covariance": { latent: { size: 9, posterior: "full" } },
  "continuous Bernoulli": { likelihood: { name: "continuous-bernoulli" } },
  "Gaussian, fixed variance": { likelihood: { name: "gaussian", varianceValue: 0.1 } },
  "Gaussian, learned variance": { likelihood: { name: "gaussian", variance: "learned" } },
  "Gaussian, optimal variance": { likelihood: { name: "gaussian", variance: "optimal" } },
  "discretised logistic": { likelihood: { name: "discretised-logistic" } },
  "conditional residual conv, full covariance, learned variance": {
    model: CONV,
    condition: "label",
    latent: { size: 3, posterior: "full" },
    likelihood: { name: "gaussian", variance: "learned" },
  },
  "dense with residual blocks and layer normalisation, discretised logistic": {
    model: { type: "dense", hidden: [16], residualBlocks: 1, normalisation: "layer" },
    likelihood: { name: "discretised-logistic" },
  },
};

describe.each(Object.entries(KINDS))("%s", (_, kind) => {
  test("trains, evaluates, exports, and gives the trainer's own numbers in ONNX Runtime", async () => {
    const config = smallConfig({
      data: { name: "mnist", trainItems: 400, testItems: 20 },
      model: { type: "dense", hidden: [16] },
      training: { epochs: 1, batchSize: 40 },
      ...kind,
    });
    await expectSameNumbers(await temporaryFolder(), config);
  });
});

async function columnsIn(folder: string) {
  const { columns } = JSON.parse(await readFile(join(folder, "columns.json"), "utf8"));
  return columns as { name: string; shift: number; size: number }[];
}

describe("rows of a table", () => {
  const rows = Array.from({ length: 60 }, (_, i) => [...numbers(3, -2, 5, i), `kind ${i % 2}`]);

  async function tableConfig(changes: Partial<TrainConfigInput>): Promise<[string, TrainConfig]> {
    const folder = await temporaryFolder();
    const file = join(folder, "rows.csv");
    await writeFile(file, ["a,b,c,kind", ...rows.map((row) => row.join())].join("\n"));
    const config = smallConfig({
      data: { name: "csv", train: file, labelColumn: "kind" },
      training: { epochs: 1, batchSize: 10 },
      ...changes,
    });
    return [folder, config];
  }

  test.each<[string, Kind]>([
    [
      "Gaussian, learned variance, conditional",
      { likelihood: { name: "gaussian", variance: "learned" }, condition: "label" },
    ],
    ["Gaussian, optimal variance", { likelihood: { name: "gaussian", variance: "optimal" } }],
  ])("%s: items of shape [D], all the way", async (_, kind) => {
    const model: Kind["model"] = { type: "dense", hidden: [8], outputBias: "channel-mean" };
    const [folder, config] = await tableConfig({ model, ...kind });
    const { data } = await expectSameNumbers(folder, config);
    expect(data).toMatchObject({ shape: [3], layout: "flat" });
    const columns = ["a", "b", "c"].map((name) => ({ name, shift: 0, size: 1 }));
    expect(await columnsIn(join(folder, "model"))).toEqual(columns);
    const pictures = await readdir(join(folder, "run", "pictures"));
    expect(pictures.sort()).toEqual(["latent-space.png", "training-curve.png"]);
  });

  test("scaled, leave what it takes to give the exported model another row", async () => {
    const [folder, config] = await tableConfig({ likelihood: { name: "gaussian" } });
    const data = { ...config.data, scale: "standard" } as TrainConfig["data"];
    await expectSameNumbers(folder, { ...config, data });
    const columns = await columnsIn(join(folder, "model"));
    expect(columns).toEqual(await columnsIn(join(folder, "run")));
    const { train: items, test: heldOut, dispose } = await loadDataset(tf, data);
    const first = [...items.dataSync().slice(0, 3)].map((value) => expect.closeTo(value, 6));
    const scaled = rows.map((row) => {
      return columns.map(({ shift, size }, i) => ((row[i] as number) - shift) / size);
    });
    expect(items.shape[0] + heldOut.shape[0]).toBe(rows.length);
    expect(scaled).toContainEqual(first);
    dispose();
    const card = await readFile(join(folder, "model", "README.md"), "utf8");
    expect(card).toMatch(/`columns\.json` names the columns/);
  });

  test("are no images to a convolutional net", async () => {
    const model: Kind["model"] = { type: "conv", layers: [{ channels: 2 }] };
    const likelihood = { name: "gaussian" } as const;
    const [folder, config] = await tableConfig({ model, likelihood });
    const training = train(config, { out: join(folder, "run") });
    await expect(training).rejects.toThrow(ConfigError);
    await expect(training).rejects.toThrow(/model\.type: .*rows of 3 numbers; take "dense"/);
  });
});
