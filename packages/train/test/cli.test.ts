/** The command `vaeport-train` as a process: output, messages, exit codes. */
import { spawn } from "node:child_process";
import { link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createCanvas } from "@napi-rs/canvas";
import { loadRun } from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { smallConfig, temporaryFolder, tf } from "./support.js";

const BIN = fileURLToPath(new URL("../bin/vaeport-train.js", import.meta.url));

/** Runs the command to its end; `onOutput` sees standard output as it comes. */
async function run(
  args: readonly string[],
  onOutput?: (output: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    onOutput?.(stdout, (signal) => child.killed || child.kill(signal)); // a second one would end it
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}

async function writeConfig(folder: string, value: unknown): Promise<string> {
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(value));
  return file;
}

describe("usage", () => {
  test("--help exits with 0 and lists the commands", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of ["setup", "train", "resume", "evaluate", "pictures", "export"])
      expect(stdout).toContain(name);
  });

  test.each([
    [["train", "c.json"], /required option '-o, --output <run folder>'/],
    [["train", "c.json", "-o", "r", "--epochs", "0"], /Expected a whole number from 1/],
    [
      ["train", "c.json", "-o", "r", "--set", "seed"],
      /Expected key=value, as in training\.epochs=3/,
    ],
  ])("%j exits with 2", async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("train --dry-run", () => {
  test("prints config, parameters and memory, with any key set, and writes nothing", async () => {
    const folder = await temporaryFolder();
    const file = await writeConfig(folder, smallConfig());
    const set = ["training.earlyStop.patience=3", "latent.size=2", "description=two"];
    const flags = ["--dry-run", ...set.flatMap((each) => ["--set", each])];
    const { code, stdout, stderr } = await run(["train", file, ...flags]);
    expect([code, stderr]).toEqual([0, ""]);
    // 784 x 32 + 32, two heads 32 x 2 + 2; 2 x 32 + 32, 32 x 784 + 784.
    expect(stdout).toContain("parameters  51,220: encoder 25,252, decoder 25,968");
    expect(stdout).toMatch(/memory {6}about [\d,]+ MB at its peak:\n.* TensorFlow and the reading/);
    expect(stdout).toContain("steps       16 an epoch, 32 in all");
    const plan = JSON.parse((await run(["train", file, ...flags, "--json"])).stdout);
    expect(plan.config).toMatchObject({ latent: { size: 2 }, description: "two" });
    expect(plan.config.training.earlyStop).toEqual({ patience: 3, minimumImprovement: 0 });
    expect(plan.megabytes.data).toBeCloseTo((4 * 1200 * 784) / 1e6, 6);
    const draws = ["--set", "objective.samples=50", "--json"];
    const many = JSON.parse((await run(["train", file, ...flags, ...draws])).stdout);
    // The decoder's outputs for 64 items: z 2, hidden 32 and their activations, 784 values and their image.
    const decoder = (2 * 4 * 64 * (2 + 2 * 32 + 2 * 784)) / 1e6;
    expect(many.megabytes.step - plan.megabytes.step).toBeCloseTo(49 * decoder, 6);
    // 200 held-out items in the decoder's last layer: 784 values into two copies of an image.
    expect(plan.megabytes.evaluation).toBeCloseTo((4 * 200 * 3 * 784) / 1e6, 6);
    expect(await readdir(folder)).toEqual(["config.json"]);
  });

  test("a key that is replaced does not meet the defaults of what it was before", async () => {
    const { name, data, latent } = smallConfig();
    const config = {
      name,
      data,
      latent,
      model: { type: "dense" },
      likelihood: { name: "gaussian" },
    };
    const file = await writeConfig(await temporaryFolder(), config);
    const flags = ["--dry-run", "--json", "--set", "likelihood.name=bernoulli"];
    const { stdout } = await run(["train", file, ...flags]);
    expect(JSON.parse(stdout).config.likelihood).toEqual({ name: "bernoulli" });
  });

  test("refuses data that the likelihood cannot give, as training would", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "rows.csv"), "0.1,0.2\n0.3,5\n0.1,0.2\n");
    const data = { name: "csv", train: "rows.csv" };
    const model = { type: "dense", hidden: [4] };
    const config = { name: "rows", data, model, latent: { size: 2 }, training: { batchSize: 1 } };
    const file = await writeConfig(folder, config);
    const { code, stderr } = await run(["train", file, "--dry-run"]);
    expect(stderr).toMatch(/likelihood\.name "bernoulli" takes 0 to 1/);
    expect(code).toBe(1);
  });

  test("refuses what is not in the schema, a latent size of 0, a batch larger than the data", async () => {
    const folder = await temporaryFolder();
    const file = await writeConfig(folder, smallConfig());
    const refusals = {
      "training.epoch=3": /command line: training: unknown key epoch; allowed: epochs,/,
      "latent.size=0": /command line: latent\.size: expected at least 1, got 0/,
      "latent.size=1000000000":
        /config: latent\.size: asks for a layer of weights \[32,1000000000\].* make it smaller\n$/,
      "training.batchSize=1001":
        /config: training\.batchSize: expected at most the number of training items, 1000, got 1001/,
    };
    for (const [set, message] of Object.entries(refusals)) {
      const { code, stderr } = await run(["train", file, "--dry-run", "--set", set]);
      expect(code).toBe(message.source.startsWith("command line") ? 2 : 1);
      expect(stderr).toMatch(message);
    }
  });

  test("refuses a key of a list, which is no item of it, and takes an item's", async () => {
    const layers = [{ channels: 4, stride: 2 }, { channels: 8 }];
    const config = smallConfig({ model: { type: "conv", layers } });
    const file = await writeConfig(await temporaryFolder(), config);
    const set = (override: string) =>
      run(["train", file, "--dry-run", "--json", "--set", override]);
    const refused = await set("model.layers.channels=64");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /command line: model\.layers\.channels: model\.layers is a list with items 0 to 1, got channels; give one of them, as model\.layers\.0\.channels, or all of it/,
    );
    const hole = await set("model.layers.0=null");
    expect(hole.code).toBe(2);
    expect(hole.stderr).toMatch(
      /command line: model\.layers\.0: null takes out keys, .* without it, model\.layers=\[\{"channels":8,/,
    );
    const { stdout } = await set("model.layers.1.channels=64");
    expect(JSON.parse(stdout).config.model.layers).toMatchObject([
      { channels: 4 },
      { channels: 64 },
    ]);
  });
});

describe("train", () => {
  test("leaves standard error to errors: TensorFlow optimises the graph of residual blocks in silence", async () => {
    const folder = await temporaryFolder();
    const config = smallConfig({ model: { type: "dense", hidden: [16], residualBlocks: 1 } });
    const file = await writeConfig(folder, config);
    const { code, stderr } = await run(["train", file, "-o", join(folder, "run")]);
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("Ctrl-C while data is read exits with 130 at once, with nothing written", async () => {
    const folder = await temporaryFolder();
    const images = join(folder, "images");
    await mkdir(images);
    const noise = createCanvas(512, 512);
    const context = noise.getContext("2d");
    for (let y = 0; y < 512; y += 4) {
      for (let x = 0; x < 512; x += 4) {
        context.fillStyle = `rgb(${(x * y) % 256}, ${(x + 3 * y) % 256}, ${(7 * x) % 256})`;
        context.fillRect(x, y, 4, 4);
      }
    }
    const first = join(images, "0.png");
    await writeFile(first, await noise.encode("png"));
    await Promise.all(
      Array.from({ length: 9999 }, (_, i) => link(first, join(images, `${i + 1}.png`))),
    );
    const file = await writeConfig(folder, {
      ...smallConfig(),
      data: { name: "images", folder: images },
    });
    const out = join(folder, "run");
    let asked = 0;
    const { code, stdout, stderr } = await run(["train", file, "-o", out], (output, kill) => {
      if (asked > 0 || !/reading the data {2}\d+%/.test(output)) return;
      asked = performance.now();
      kill("SIGINT");
    });
    const waited = performance.now() - asked;
    console.log(`${stdout.trim()}, then an end after ${waited.toFixed(0)} ms`);
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^vaeport-train: Interrupted while the data was read\. Nothing was written\./,
    );
    expect(waited).toBeLessThan(2000); // all images take ten times as long
    expect((await readdir(folder)).sort()).toEqual(["config.json", "images"]);
  });

  test("a broken config exits with 1 and one message, before anything is written", async () => {
    const folder = await temporaryFolder();
    const file = await writeConfig(folder, { ...smallConfig(), epochs: 3 });
    const out = join(folder, "run");
    const { code, stderr } = await run(["train", file, "-o", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^vaeport-train: .*config\.json: unknown key epochs; allowed: .*\n$/);
    await writeConfig(folder, smallConfig());
    const large = await run(["train", file, "-o", out, "--set", "training.batchSize=1001"]);
    expect(large.stderr).toMatch(/training\.batchSize: .* got 1001/);
    expect(await readdir(folder)).toEqual(["config.json"]);
    const inFile = await run(["train", file, "-o", join(file, "run")]);
    expect(inFile.stderr).toMatch(/config\.json\/run: cannot be used \(ENOTDIR.* Choose another/);
  });

  test("trains, tells each epoch, draws pictures again, and exports", async () => {
    const folder = await temporaryFolder();
    const file = await writeConfig(folder, smallConfig());
    const out = join(folder, "run");
    const flags = ["--epochs", "3", "--seed", "5"];
    const { code, stdout, stderr } = await run(["train", file, "-o", out, ...flags]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^small: 51,416 parameters, 1,000 training .* 3 epochs, seed 5\n/);
    expect(
      stdout.match(/^epoch \d\/3 {2}held-out -ELBO .* = distortion .* \+ rate/gm),
    ).toHaveLength(3);
    expect((await loadRun(tf, out)).config).toMatchObject({ seed: 5, training: { epochs: 3 } });

    const again = await run(["pictures", out, "--json"]);
    expect(JSON.parse(again.stdout).pictures[0]).toBe(join(out, "pictures", "samples.png"));

    const flagsOfEvaluate = ["--samples", "5", "--items", "50", "--seed", "2"];
    const evaluated = await run(["evaluate", out, ...flagsOfEvaluate]);
    expect(evaluated.stdout).toMatch(
      /50 held-out items, 5 samples each, seed 2\nlog p\(x\) .* ± .* nats\n/,
    );
    expect(evaluated.stdout).toMatch(/Grey values as probabilities have no log-likelihood/);
    const reported = JSON.parse(await readFile(join(out, "evaluation.json"), "utf8"));
    expect(reported).toMatchObject({ items: 50, samples: 5, seed: 2 });

    const beyond = await run(["evaluate", out, "--items", "201"]);
    expect(beyond).toMatchObject({ code: 2, stdout: "" });
    expect(beyond.stderr).toMatch(
      /evaluate: items: expected a whole number from 1 to 200, got 201/,
    );

    const model = join(folder, "model");
    expect(await run(["export", out, "-o", model])).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(model)).toContain("vae.json");

    const refused = await run(["train", file, "-o", out]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/holds a run already\. Choose another, or pass --force/);
  });

  test("says which epoch's weights a run has that stopped early", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "rows.csv"), "0.1,0.2\n0.3,0.5\n0.1,0.2\n0.4,0.3\n");
    const file = await writeConfig(folder, {
      name: "rows",
      data: { name: "csv", train: "rows.csv" },
      model: { type: "dense", hidden: [4] },
      latent: { size: 2 },
      training: { batchSize: 2, earlyStop: { patience: 1, minimumImprovement: 1000 } },
    });
    const { stdout } = await run(["train", file, "-o", join(folder, "run")]);
    expect(stdout).toMatch(/^weights {3}of epoch 1, the best of 2: held-out -ELBO \d+\.\d\d$/m);
  });

  test("--json leaves nothing but JSON on standard output", async () => {
    const folder = await temporaryFolder();
    const file = await writeConfig(folder, smallConfig());
    const out = join(folder, "run");
    const { code, stdout, stderr } = await run(["train", file, "-o", out, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ folder: out, epochs: [{ epoch: 1 }, { epoch: 2 }] });
    expect(stderr).toContain("epoch 2/2");
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s exits with 130, saying what was kept",
    async (signal) => {
      const folder = await temporaryFolder();
      const file = await writeConfig(folder, smallConfig());
      const out = join(folder, "run");
      const { code, stderr } = await run(
        ["train", file, "-o", out, "--epochs", "500"],
        (output, kill) => output.includes("epoch   2/500") && kill(signal),
      );
      expect(code).toBe(130);
      expect(stderr).toMatch(
        /^vaeport-train: Interrupted in epoch \d+ of 500\..* vaeport-train resume /,
      );
      expect(await readdir(join(out, "checkpoints"))).toHaveLength(2);
    },
  );
});

test.each(["resume", "evaluate", "pictures", "export"])(
  "%s of a folder that is no run exits with 1",
  async (command) => {
    const folder = join(await temporaryFolder(), "empty");
    await mkdir(folder);
    const flags = command === "export" ? ["-o", `${folder}-model`] : [];
    const { code, stderr } = await run([command, folder, ...flags]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^vaeport-train: .*empty.*\n$/);
  },
);
