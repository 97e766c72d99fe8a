/** Sweeps: which runs a file asks for, and that each is trained once, whatever kills it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  ConfigError,
  RunFolderError,
  readSweep,
  runAt,
  SweepError,
  summariseSweep,
  trainRun,
} from "@vaeport/train";
import { describe, expect, test } from "vitest";
import { smallConfig, temporaryFolder } from "./support.js";

const BIN = fileURLToPath(new URL("../bin/vaeport-train.js", import.meta.url));

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, "sweep", ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
  return { child, ended };
}

const run = (args: readonly string[]) => start(args).ended;

/** A sweep file in a folder of its own, beside the base that it names. */
async function writeSweep(sweep: object, base: object = smallConfig()): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "base.json"), JSON.stringify(base));
  const file = join(folder, "sweep.json");
  await writeFile(file, JSON.stringify({ base: "base.json", ...sweep }));
  return file;
}

describe("a sweep file", () => {
  test("a grid is every combination, the last key changing fastest", async () => {
    const file = await writeSweep({ grid: { "latent.size": [2, 8], seed: [1, 2, 3] } });
    const runs = await readSweep(file);
    expect(runs.map(({ name }) => name)).toEqual(["000", "001", "002", "003", "004", "005"]);
    expect(runs.map(({ config }) => [config.latent.size, config.seed])).toEqual([
      [2, 1],
      [2, 2],
      [2, 3],
      [8, 1],
      [8, 2],
      [8, 3],
    ]);
    expect(runs[4]?.changes).toEqual({ "latent.size": 8, seed: 2 });
    expect(runs[4]?.config).toEqual(smallConfig({ latent: { size: 8 }, seed: 2 }));
  });

  test("a list is its runs, and with a grid each a whole grid; neither is the base alone", async () => {
    const list = [{ seed: 7 }, { "model.hidden": [16, 8], "training.epochs": 1 }];
    const listed = await readSweep(await writeSweep({ list }));
    expect(listed.map(({ config }) => [config.seed, config.training.epochs])).toEqual([
      [7, 2],
      [1, 1],
    ]);
    const both = await readSweep(await writeSweep({ list, grid: { "latent.size": [2, 3] } }));
    expect(both.map(({ changes }) => Object.keys(changes).length)).toEqual([2, 2, 3, 3]);
    expect(await readSweep(await writeSweep({}))).toMatchObject([{ changes: {} }]);
  });

  test.each<[string, object, RegExp]>([
    ["an unknown key", { gird: {} }, /sweep\.json: unknown key gird; allowed: base, grid, list/],
    [
      "an unknown key of the configuration",
      { grid: { "latent.dims": [2] } },
      /run 0 \(latent\.dims 2\): latent: unknown key dims; allowed: size/,
    ],
    [
      "a value that is not allowed, by the run that has it",
      { grid: { "latent.size": [2, -1] } },
      /run 1 \(latent\.size -1\): latent\.size: .*got -1/,
    ],
    ["a path through a number", { list: [{ "seed.first": 1 }] }, /seed holds no keys, got 1/],
    [
      "an item that a list does not have",
      { list: [{ "model.hidden.1": 64 }] },
      /run 0 .*: model\.hidden\.1: model\.hidden is a list with items 0 to 0, got 1; give .* model\.hidden\.0, or/,
    ],
    ["a key of a list", { grid: { "model.hidden.length": [0] } }, /got length; give one of them/],
    ["a base that is not there", { base: "nowhere.json" }, /nowhere\.json: cannot be read/],
    ["an empty list of values", { grid: { seed: [] } }, /grid\.seed: .*got \[\]/],
    ["a value that is no list", { grid: { seed: 1 } }, /json: grid\.seed: expected array, got 1$/],
  ])("refuses %s", async (_, sweep, message) => {
    const file = await writeSweep(sweep);
    await expect(readSweep(file)).rejects.toThrow(ConfigError);
    await expect(readSweep(file)).rejects.toThrow(message);
  });

  test("refuses too many runs, and an index out of range", async () => {
    const many = Array.from({ length: 400 }, (_, i) => i);
    const file = await writeSweep({ grid: { seed: many, "training.epochs": many } });
    await expect(readSweep(file)).rejects.toThrow(SweepError);
    const runs = await readSweep(await writeSweep({ grid: { seed: [1, 2] } }));
    expect(runAt(runs, 1).config.seed).toBe(2);
    expect(() => runAt(runs, 2)).toThrow(SweepError);
    expect(() => runAt(runs, 2)).toThrow("the sweep has 2 runs, 0 to 1; got 2");
  });
});

describe("a run", () => {
  /** Long enough to be killed, short enough to wait for. */
  const small = smallConfig({
    data: { name: "mnist", trainItems: 500, testItems: 50 },
    training: { epochs: 5, batchSize: 50 },
  });

  test("refuses a file where the folder of the runs is to be", async () => {
    const file = await writeSweep({ grid: { seed: [1, 2] } }, small);
    const [run] = await readSweep(file);
    await expect(trainRun(run!, file)).rejects.toThrow(RunFolderError);
    await expect(trainRun(run!, file)).rejects.toThrow(/sweep\.json: cannot be made \(EEXIST/);
  });

  test("killed at any moment, is trained once, and passed over from then on", {
    timeout: 240_000,
  }, async () => {
    const file = await writeSweep({ grid: { seed: [1, 2] } }, small);
    const out = join(await temporaryFolder(), "out");
    const args = [file, "--index", "1", "--output", out, "--json"];
    const partial = join(out, "001.partial");
    const log = (folder: string) => readFile(join(folder, "metrics.jsonl"), "utf8").catch(() => "");
    const killWhen = async (condition: () => boolean | Promise<boolean>) => {
      const { child, ended } = start(args);
      while (child.exitCode === null && !(await condition())) await sleep(2);
      child.kill("SIGKILL");
      expect((await ended).code).toBeNull();
      expect(existsSync(join(out, "001"))).toBe(false);
    };
    await killWhen(() => existsSync(partial));
    await killWhen(async () => (await log(partial)).includes("\n"));
    const finished = await run(args);
    expect(finished).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/resumed after epoch [1-4]/),
    });
    expect(JSON.parse(finished.stdout)).toMatchObject({ index: 1, outcome: "resumed" });
    expect(await readdir(out)).toEqual(["001"]);

    const runs = await readSweep(file);
    const untouched = await trainRun(runAt(runs, 1), await temporaryFolder());
    expect(untouched.outcome).toBe("trained");
    const losses = async (folder: string) => {
      const lines = (await log(folder)).trim().split("\n");
      return lines.map((line) => JSON.parse(line).test.negativeElbo);
    };
    expect(await losses(join(out, "001"))).toEqual(await losses(untouched.folder));
    expect(await trainRun(runAt(runs, 1), out)).toMatchObject({ outcome: "done" });

    const last = (await losses(untouched.folder)).at(-1);
    expect(await summariseSweep(runs, out)).toMatchObject({
      best: 1,
      picture: join(out, "sweep.png"),
      runs: [
        { state: "missing", epochs: 0, negativeElbo: null },
        { state: "done", epochs: 5, negativeElbo: last },
      ],
    });
    const png = await readFile(join(out, "sweep.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const table = await run([file, "--summary", "--output", out]);
    expect(table.stdout).toMatch(/^000 +missing +0 .*seed 1$/m);
    expect(table.stdout).toMatch(/^001 \* +done +5 .*seed 2$/m);
  });

  test("that another process trains is waited for", { timeout: 120_000 }, async () => {
    const file = await writeSweep(
      {},
      smallConfig({ ...small, training: { epochs: 1, batchSize: 50 } }),
    );
    const out = join(await temporaryFolder(), "out");
    const [first, second] = await Promise.all(
      [0, 1].map(() => run([file, "--index", "0", "--output", out, "--json"])),
    );
    const outcomes = [first, second].map((ended) => JSON.parse(ended?.stdout ?? "").outcome);
    expect(outcomes.sort()).toEqual(["done", "trained"]);
    expect(await readdir(out)).toEqual(["000"]);
  });

  test("of another sweep is not taken for one of this", async () => {
    const out = join(await temporaryFolder(), "out");
    await mkdir(join(out, "000"), { recursive: true });
    await writeFile(join(out, "000", "config.json"), JSON.stringify(smallConfig({ seed: 9 })));
    await writeFile(join(out, "000", "metrics.jsonl"), "");
    const file = await writeSweep({});
    const { code, stderr } = await run([file, "--index", "0", "--output", out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/000 is not run 0 of this sweep: seed is 1, was 9\. Remove it/);
  });

  test("that fails exits with 1, wrong usage with 2", async () => {
    const file = await writeSweep({ grid: { seed: [1, 2] } });
    const out = await temporaryFolder();
    const beyond = await run([file, "--index", "2", "--output", out]);
    expect(beyond).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the sweep has 2 runs, 0 to 1; got 2/),
    });
    expect((await run([file, "--index", "0"])).code).toBe(2);
    expect((await run([file, "--index", "0", "--list"])).code).toBe(2);
    expect((await run([file])).code).toBe(2);
    const list = await run([file, "--list"]);
    expect(list).toMatchObject({ code: 0, stdout: "000  seed 1\n001  seed 2\n" });
    expect(JSON.parse((await run([file, "--list", "--json"])).stdout).runs).toHaveLength(2);
  });
});
