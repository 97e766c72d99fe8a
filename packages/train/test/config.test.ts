import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, configHash, configJsonSchema, parseConfig, readConfig } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./support.js";

const least = {
  name: "tiny",
  data: { name: "mnist" },
  model: { type: "dense" },
  latent: { size: 2 },
};
const idx = (keys: object) => ({ ...least, data: { name: "idx", train: "a", ...keys } });
const conv = (layer: object) => ({ ...least, model: { type: "conv", layers: [layer] } });

describe("parseConfig", () => {
  test("fills in the defaults", () => {
    expect(parseConfig(least)).toEqual({
      name: "tiny",
      description: "",
      license: "UNLICENSED",
      seed: 1,
      data: { name: "mnist", binarisation: "none", includeHeldOut: false },
      model: {
        type: "dense",
        hidden: [400],
        residualBlocks: 0,
        normalisation: "none",
        activation: "relu",
        outputBias: "zeros",
      },
      latent: { size: 2, posterior: "diagonal" },
      likelihood: { name: "bernoulli" },
      condition: "none",
      objective: { beta: 1, freeBits: 0, samples: 1 },
      training: {
        epochs: 10,
        batchSize: 128,
        optimizer: { name: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        learningRateSchedule: { type: "constant" },
        tensorBoard: false,
        engine: "captured",
        residentMegabytes: 1000,
        keepCheckpoints: 2,
      },
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["no object", 3, /^f: .*expected object, got 3$/],
    ["an unknown key", { ...least, epochs: 3 }, /^f: unknown key epochs; allowed: .*training$/],
    [
      "an unknown key inside",
      { ...least, training: { epoch: 3 } },
      /^f: training: unknown key epoch; allowed: epochs, batchSize, .*, keepCheckpoints$/,
    ],
    [
      "unknown keys of a layer",
      conv({ channels: 3, a: 1, b: 2 }),
      /^f: model\.layers\[0\]: unknown keys a, b; allowed: channels, kernel, stride, padding, residualBlocks$/,
    ],
    ["a missing key", { ...least, latent: {} }, /^f: latent\.size: required \(expected number/],
    [
      "latent size 0",
      { ...least, latent: { size: 0 } },
      /latent\.size: expected at least 1, got 0$/,
    ],
    [
      "a fraction",
      { ...least, latent: { size: 1.5 } },
      /latent\.size: expected a whole number, got 1\.5$/,
    ],
    ["text for a number", { ...least, seed: "1" }, /seed: expected number.*, got "1"/],
    [
      "a seed beyond int32",
      { ...least, seed: 2 ** 31 },
      /seed: expected at most 2147483647, got 2147483648$/,
    ],
    [
      "a negative rate",
      { ...least, objective: { beta: -1 } },
      /objective\.beta: expected at least 0, got -1$/,
    ],
    [
      "bounds that are left out",
      { ...least, training: { optimizer: { learningRate: 0, beta1: 1 } } },
      /learningRate: expected more than 0, got 0\n .*beta1: expected less than 1, got 1$/,
    ],
    ["another model", { ...least, model: { type: "gan" } }, /model\.type: .*"conv", got "gan"/],
    ["no model", { ...least, model: undefined }, /model: required/],
    [
      "no layers",
      { ...least, model: { type: "conv", layers: [] } },
      /model\.layers: expected a length of at least 1, got \[\]$/,
    ],
    [
      "a likelihood by its name alone",
      { ...least, likelihood: "gaussian" },
      /likelihood: expected an object whose name is "bernoulli", .*, got "gaussian"/,
    ],
    ["another dataset", { ...least, data: { name: "x" } }, /data\.name: .*or "csv", got "x"/],
    [
      "labels of held-out items that are not given",
      idx({ trainLabels: "b", testLabels: "c" }),
      /data\.testLabels: holds classes of held-out items, and test, .* is not given, got "c"$/,
    ],
    [
      "labels of the training items alone",
      idx({ trainLabels: "b", test: "c" }),
      /data\.testLabels: required \(trainLabels is given, and both sets have classes or neither/,
    ],
    [
      "labels of the held-out items alone",
      idx({ test: "b", testLabels: "c" }),
      /data\.trainLabels: required \(testLabels is given/,
    ],
    [
      "a part held out beside a file of held-out items",
      idx({ test: "b", heldOut: 0.2 }),
      /data\.heldOut: has no effect beside test, .*; leave one of the two out, got 0\.2$/,
    ],
    [
      "a choice of items without a number of them",
      { ...least, data: { name: "mnist", pick: "first" } },
      /data\.pick: says which ones trainItems and testItems are, and neither is given/,
    ],
    [
      "a part held out beside a table of held-out items",
      { ...least, data: { name: "csv", train: "a", test: "b", heldOut: 0.2 } },
      /data\.heldOut: has no effect beside test,/,
    ],
    [
      "a part held out beside a folder of held-out images",
      { ...least, data: { name: "images", folder: "a", heldOutFolder: "b", heldOut: 0.2 } },
      /data\.heldOut: has no effect beside heldOutFolder,/,
    ],
    [
      "a value of a variance that is not fixed",
      { ...least, likelihood: { name: "gaussian", variance: "learned", varianceValue: 0.5 } },
      /likelihood\.varianceValue: has no effect where variance is "learned"; .*, got 0\.5$/,
    ],
    ["a path for a name", { ...least, name: "../x" }, /name: use letters.*got "\.\.\/x"/],
  ])("refuses %s", (_, value, message) => {
    const parse = () => parseConfig(value, "f");
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(message);
  });

  test("lists every problem", () => {
    try {
      parseConfig({ ...least, seed: -1, latent: { size: 0, k: 1 } });
      expect.unreachable();
    } catch (error) {
      expect((error as ConfigError).problems.map(({ path }) => path)).toEqual([
        "seed",
        "latent.size",
        "latent",
      ]);
    }
  });

  test("a resolved configuration resolves to itself, with the same hash", () => {
    const config = parseConfig(least);
    expect(parseConfig(config)).toEqual(config);
    expect(configHash(parseConfig({ ...least, seed: 1 }))).toBe(configHash(config));
    expect(configHash(parseConfig({ ...least, seed: 2 }))).not.toBe(configHash(config));
  });

  test("defaults that a run folder holds, written out, stand beside keys that pass over them", () => {
    const likelihood = { name: "gaussian", variance: "optimal" };
    const config = parseConfig({ ...idx({ test: "b" }), likelihood });
    expect(config).toMatchObject({ data: { heldOut: 0.1 }, likelihood: { varianceValue: 1 } });
    expect(parseConfig(config)).toEqual(config);
  });
});

describe("readConfig", () => {
  test("says where JSON is broken", async () => {
    const file = join(await temporaryFolder(), "broken.json");
    await writeFile(file, '{ "name": }');
    await expect(readConfig(file)).rejects.toThrow(/broken\.json: not valid JSON \(Unexpected/);
  });

  test("passes over the mark that editors on Windows begin a file with", async () => {
    const file = join(await temporaryFolder(), "marked.json");
    await writeFile(file, `\uFEFF${JSON.stringify(least)}`);
    expect(await readConfig(file)).toEqual(parseConfig(least));
  });

  test("says which file is missing", async () => {
    await expect(readConfig("nowhere.json")).rejects.toThrow(/nowhere\.json: cannot be read/);
  });

  test("every configuration that ships is valid", async () => {
    const folder = fileURLToPath(new URL("../configs", import.meta.url));
    for (const file of await readdir(folder)) {
      expect((await readConfig(join(folder, file))).name).toBe(file.replace(".json", ""));
    }
  });
});

test("config.schema.json is current (pnpm run schema writes it)", async () => {
  const published = await readFile(new URL("../config.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(configJsonSchema());
});
