/** Stopping and resuming: the same end, whatever stopped a training and whenever. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildVae,
  CheckpointError,
  InterruptedError,
  loadDataset,
  loadRun,
  type ResumedEvent,
  RunFolderError,
  RunWriteError,
  resume,
  type Snapshot,
  type TrainConfigInput,
  train,
  trainEpochs,
} from "@vaeport/train";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../src/training/checkpoint.js";
import { createRunFolder } from "../src/training/run-folder.js";
import { withFailingWrites } from "./failing-writes.js";
import { interrupted } from "./interrupted.js";
import { outcome } from "./outcome.js";
import { PROCESSES_TIMEOUT, smallConfig, temporaryFolder, tf } from "./support.js";

/** A killed process has got some epochs further, so that the last ones are left for the last. */
const [KILLS, KILLED_EPOCHS] = process.env.VAEPORT_NIGHTLY ? [50, 300] : [3, 25];

const BIN = fileURLToPath(new URL("../bin/vaeport-train.js", import.meta.url));

/** Four epochs, and the outcome of a training with it that was never stopped. */
const fourEpochs = smallConfig({ training: { epochs: 4, batchSize: 64, keepCheckpoints: 3 } });
let uninterrupted: Awaited<ReturnType<typeof outcome>>;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-train-"));
  await train(fourEpochs, { out: join(folder, "run") });
  uninterrupted = await outcome(join(folder, "run"));
  await rm(folder, { recursive: true });
});

const conv: TrainConfigInput["model"] = {
  type: "conv",
  layers: [
    { channels: 3, stride: 2 },
    { channels: 5, stride: 2 },
  ],
  normalisation: "batch",
  outputBias: "data-mean",
};

describe.each(["captured", "eager"] as const)("the %s engine", (engine) => {
  test("continues a snapshot within an epoch, batch-normalisation averages included", async () => {
    const config = smallConfig({
      data: { name: "mnist", trainItems: 400, testItems: 50, binarisation: "dynamic" },
      model: conv,
      training: { epochs: 3, batchSize: 40, engine },
    });
    const dataset = await loadDataset(tf, config.data);
    /** Stops when the items of the second epoch that are done reach a number. */
    async function run(stopAt?: number, start?: Snapshot) {
      const vae = buildVae(tf, config, dataset);
      const interrupt = new AbortController();
      const snapshots: Snapshot[] = [];
      const save = async (snapshot: Snapshot) => void snapshots.push(snapshot);
      const losses: object[] = [];
      const options = { tf, vae, dataset, config, save, start, signal: interrupt.signal };
      try {
        for await (const event of trainEpochs(options)) {
          if (event.type === "epoch") losses.push([event.metrics.train, event.metrics.test]);
          else if (event.epoch === 2 && event.items >= (stopAt ?? Infinity)) interrupt.abort();
        }
      } catch (error) {
        if (!(error instanceof InterruptedError)) throw error;
      }
      const weights = [vae.encoder, vae.decoder].flatMap((network) =>
        network.getWeights().map((weight) => weight.dataSync().slice()),
      );
      vae.dispose();
      return { losses, weights, last: snapshots.at(-1)! };
    }
    const through = await run();
    const stopped = await run(1);
    expect(stopped.last.metrics).toHaveLength(1);
    expect(stopped.last.step).toBeGreaterThan(0);
    const resumed = await run(undefined, stopped.last);
    expect(resumed.losses).toEqual(through.losses.slice(1));
    expect(resumed.weights).toEqual(through.weights);
    dataset.dispose();
  });
});

describe("resume", () => {
  test(
    `after kill -9 at any moment, ${KILLS} times over, reaches what a training without it does`,
    async () => {
      const folder = await temporaryFolder();
      const config = smallConfig({ training: { epochs: KILLED_EPOCHS, batchSize: 8 } });
      const [through, killed] = [join(folder, "through"), join(folder, "killed")];
      await train(config, { out: through });
      const file = join(folder, "config.json");
      await writeFile(file, JSON.stringify(config));

      await killedAtRandom(["train", file, "-o", killed]);
      for (let round = 2; round <= KILLS; round++) await killedAtRandom(["resume", killed]);
      const { stdout, code } = await command(["resume", killed]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^resumed after epoch [1-9]/);
      expect(await outcome(killed)).toEqual(await outcome(through));
      expect(await readdir(join(killed, "checkpoints"))).toEqual(
        [KILLED_EPOCHS - 1, KILLED_EPOCHS].map(
          (epoch) => `epoch-${String(epoch).padStart(4, "0")}`,
        ),
      );
    },
    PROCESSES_TIMEOUT,
  );

  test("passes over damaged checkpoints, saying so, and refuses when none is sound", async () => {
    const folder = await temporaryFolder();
    const stopped = join(folder, "stopped");
    await interrupted(fourEpochs, stopped, 2);
    const checkpoints = join(stopped, "checkpoints");
    const names = await readdir(checkpoints);
    expect(names).toEqual(["epoch-0001", "epoch-0002", expect.stringMatching(/^epoch-0002-step/)]);

    await truncate(join(checkpoints, names[2]!, "state.bin"), 1000);
    const header = join(checkpoints, names[1]!, "checkpoint.json");
    await writeFile(header, (await readFile(header, "utf8")).replace('"epoch": 2', '"epoch": 3'));
    const hopeless = join(folder, "hopeless");
    await cp(stopped, hopeless, { recursive: true });
    await writeFile(join(hopeless, "checkpoints", names[0]!, "checkpoint.json"), "{");

    let told: ResumedEvent | undefined;
    await resume(stopped, {
      onEvent(event) {
        if (event.type === "resumed") told = event;
      },
    });
    expect(told).toMatchObject({ epoch: 1, step: 0 });
    expect(told!.damaged).toHaveLength(2);
    expect(told!.damaged[0]).toMatch(
      /epoch-0002-step-\d+: damaged \(its checksum does not match\)/,
    );
    expect(await outcome(stopped)).toEqual(uninterrupted);

    await expect(resume(hopeless)).rejects.toThrow(CheckpointError);
    await expect(resume(hopeless)).rejects.toThrow(/checkpoints: none is sound: .* --force/);
  });

  test("refuses checkpoints of another version, and leaves them alone", async () => {
    const run = join(await temporaryFolder(), "run");
    await interrupted(fourEpochs, run, 1);
    const checkpoints = join(run, "checkpoints");
    const names = await readdir(checkpoints);
    const header = join(checkpoints, names.at(-1)!, "checkpoint.json");
    await writeFile(
      header,
      (await readFile(header, "utf8")).replace('"version": 2', '"version": 1'),
    );
    await expect(resume(run)).rejects.toThrow(RunFolderError);
    await expect(resume(run)).rejects.toThrow(
      /epoch-0001-step-\d+: a checkpoint of version 1, .* reads version 2\. Resume with/,
    );
    expect(await readdir(checkpoints)).toEqual(names);
  });

  test("starts from the beginning where nothing was saved yet", async () => {
    const folder = await temporaryFolder();
    const early = join(folder, "early");
    await withFailingWrites(
      (path) => path.includes("state.bin"),
      () => expect(train(fourEpochs, { out: early })).rejects.toThrow(RunWriteError),
    );
    await resume(early);
    expect(await outcome(early)).toEqual(uninterrupted);
  });

  test("refuses a finished run, a changed config, and what is no run", async () => {
    const folder = await temporaryFolder();
    const run = join(folder, "run");
    const config = smallConfig({ training: { epochs: 3, batchSize: 64 } });
    await interrupted(config, run, 1);
    const file = join(run, "config.json");
    const changed = { ...config, training: { ...config.training, batchSize: 32 } };
    await writeFile(file, JSON.stringify(changed));
    await expect(resume(run)).rejects.toThrow(RunFolderError);
    await expect(resume(run)).rejects.toThrow(/training\.batchSize is 32, was 64\. Put it back/);
    await writeFile(file, JSON.stringify(config));
    await resume(run);
    await expect(resume(run)).rejects.toThrow(/is finished, there is nothing to resume/);
    await expect(resume(folder)).rejects.toThrow(/not a run folder/);
  });
});

describe("the data of a run that is resumed", () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i / 40},${((7 * i) % 40) / 40},${"ab"[i % 2]}`,
  );

  test("is what the run was trained on, else it says what changed and goes on once it is back", async () => {
    const folder = await temporaryFolder();
    const [run, file] = [join(folder, "run"), join(folder, "rows.csv")];
    const write = (lines: readonly string[]) => writeFile(file, `w,h,kind\n${lines.join("\n")}\n`);
    const data = { name: "csv", train: file, labelColumn: "kind" } as const;
    await write(rows);
    await interrupted(smallConfig({ data, training: { epochs: 3, batchSize: 5 } }), run, 1);
    const changes: [string[], RegExp][] = [
      [["0.5,0.5,a", ...rows.slice(1)], /\(values or labels are others\)\. Put the data back/],
      [["0,0,b", ...rows.slice(1)], /\(values or labels are others\)/],
      [
        [...rows, ...rows],
        /run: the data is not .* \(72 training and 8 held-out items, and it had 36 training and 4 held-/,
      ],
    ];
    const saved = await readdir(join(run, "checkpoints"));
    for (const [lines, message] of changes) {
      await write(lines);
      await expect(resume(run)).rejects.toThrow(RunFolderError);
      await expect(resume(run)).rejects.toThrow(message);
    }
    expect(await readdir(join(run, "checkpoints"))).toEqual(saved);
    await write(rows);
    expect((await resume(run)).epochs).toHaveLength(3);
  });

  test("is not asked after where a checkpoint does not tell", async () => {
    const folder = await temporaryFolder();
    const [run, file] = [join(folder, "run"), join(folder, "rows.csv")];
    const data = { name: "csv", train: file, labelColumn: "kind" } as const;
    await writeFile(file, `w,h,kind\n${rows.join("\n")}\n`);
    await interrupted(smallConfig({ data, training: { epochs: 3, batchSize: 5 } }), run, 1);
    for (const name of await readdir(join(run, "checkpoints"))) {
      const checkpoint = join(run, "checkpoints", name);
      const { config, snapshot } = await readCheckpoint(checkpoint);
      await writeCheckpoint(checkpoint, { config }, snapshot);
    }
    await writeFile(file, `w,h,kind\n${[...rows, ...rows].join("\n")}\n`);
    expect((await resume(run)).epochs).toHaveLength(3);
  });
});

describe("a run folder that a process trains into", () => {
  test("is refused to others, and left alone, until that process ends", async () => {
    const folder = await temporaryFolder();
    const run = join(folder, "run");
    const config = smallConfig({ training: { epochs: 500, batchSize: 64 } });
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify(config));
    const child = spawn(process.execPath, [BIN, "train", file, "-o", run]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "close");
    await new Promise<void>((begun) => {
      child.stdout.on("data", (chunk) => String(chunk).includes("-ELBO") && begun());
    });
    child.kill("SIGSTOP"); // alive, and writes nothing while its folder is looked at
    const told = `run: is being trained by process ${child.pid} on ${hostname()}. Wait for it or stop`;
    const before = await readdir(run, { recursive: true });
    await expect(resume(run)).rejects.toThrow(RunFolderError);
    await expect(resume(run)).rejects.toThrow(told);
    await expect(train(fourEpochs, { out: run, force: true })).rejects.toThrow(told);
    expect(await readdir(run, { recursive: true })).toEqual(before);
    child.kill("SIGKILL");
    await ended;
    await train(fourEpochs, { out: run, force: true });
    expect(await outcome(run)).toEqual(uninterrupted);
    expect(await readdir(run)).not.toContain("run.lock");
  });

  test("is so from the start, and is not there any more where nothing came of it", async () => {
    const above = join(await temporaryFolder(), "above");
    const run = join(above, "run");
    const [first, second] = await Promise.allSettled([
      train(fourEpochs, { out: run }),
      train(fourEpochs, { out: run }),
    ]);
    expect([first.status, second.status].sort()).toEqual(["fulfilled", "rejected"]);
    const lost = first.status === "rejected" ? first : second;
    expect(lost).toMatchObject({
      reason: { message: expect.stringMatching(/is being trained by process/) },
    });
    expect(await outcome(run)).toEqual(uninterrupted);
    await rm(above, { recursive: true });
    const data = { name: "csv", train: "nowhere.csv" } as const;
    await expect(train(smallConfig({ data }), { out: run })).rejects.toThrow(/nowhere\.csv/);
    expect(existsSync(above)).toBe(false);
  });

  test("is free again after a kill, of a process with this one's number too", async () => {
    const here = { host: hostname(), pid: process.pid };
    const elsewhere = { host: `not-${hostname()}`, pid: process.pid };
    const left: [object, number][] = [
      ...(process.platform === "linux"
        ? ([[{ ...here, started: "1" }, 0]] as [object, number][])
        : []),
      [{ host: hostname(), pid: 2 ** 30 }, 0],
      [elsewhere, 130],
    ];
    for (const [holder, secondsAgo] of left) {
      const run = join(await temporaryFolder(), "run");
      await createRunFolder(run, fourEpochs);
      const lock = join(run, "run.lock");
      await writeFile(lock, JSON.stringify(elsewhere));
      await expect(resume(run)).rejects.toThrow(
        /by process \d+ on not-.*; if it was killed, its run\.lock is void after 2 minutes\./,
      );
      await writeFile(lock, JSON.stringify(holder));
      const beaten = new Date(Date.now() - 1000 * secondsAgo);
      await utimes(lock, beaten, beaten);
      await resume(run);
      expect(await outcome(run)).toEqual(uninterrupted);
    }
  });

  test("by a process that was killed before it wrote anything counts as empty", async () => {
    const run = await temporaryFolder();
    const holder = { host: hostname(), pid: 2 ** 30 };
    await writeFile(join(run, "run.lock"), JSON.stringify(holder));
    await train(fourEpochs, { out: run });
    expect(await outcome(run)).toEqual(uninterrupted);
  });
});

describe("a full disk", () => {
  test("stops with an error that says how to go on, the last checkpoint intact", async () => {
    const folder = await temporaryFolder();
    const full = join(folder, "full");
    for (const [epoch, name] of [
      [2, "state.bin"],
      [3, "checkpoint.json"],
    ] as const) {
      const fails = (path: string) => path.includes(`epoch-000${epoch}`) && path.includes(name);
      await withFailingWrites(fails, async () => {
        const training = epoch === 2 ? train(fourEpochs, { out: full }) : resume(full);
        const error: unknown = await training.catch((caught) => caught);
        expect(error).toBeInstanceOf(RunWriteError);
        expect((error as Error).message).toMatch(
          /full: cannot be written \(ENOSPC.*resume .*full$/,
        );
        expect((error as Error).cause).toMatchObject({ code: "ENOSPC" });
      });
      expect((await readdir(join(full, "checkpoints"))).at(-1)).toBe(`epoch-000${epoch - 1}`);
    }
    await resume(full);
    expect(await outcome(full)).toEqual(uninterrupted);
    (await loadRun(tf, full)).vae.dispose();
  });

  test("that is a limit of the system ends the command with 1, the last checkpoint intact", async () => {
    const run = join(await temporaryFolder(), "run");
    await interrupted(fourEpochs, run, 1);
    const saved = await readdir(join(run, "checkpoints"));
    expect(saved[0]).toBe("epoch-0001");
    // 800 blocks of 512 bytes hold everything but the state of 617 kB.
    const script = `ulimit -f 800; exec "${process.execPath}" "${BIN}" resume "${run}"`;
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(stderr).toMatch(/run: cannot be written \(EFBIG.*continue with: vaeport-train resume/);
    expect(await readdir(join(run, "checkpoints"))).toEqual(saved);
    await resume(run);
    expect(await outcome(run)).toEqual(uninterrupted);
  });
});

/** Runs the command, to its end unless `onOutput` kills it. */
async function command(
  args: readonly string[],
  onOutput?: (stdout: string, child: ChildProcess) => void,
): Promise<{ stdout: string; code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    onOutput?.(stdout, child);
  });
  const [code, signal] = await once(child, "close");
  return { stdout, code, signal };
}

/** Runs the command and kills it at a random moment after the first epoch that it trains. */
async function killedAtRandom(args: readonly string[]): Promise<void> {
  let due = false;
  const { signal } = await command(args, (stdout, child) => {
    if (due || !stdout.includes("held-out -ELBO")) return; // a whole epoch, not progress within one
    due = true;
    setTimeout(() => child.kill("SIGKILL"), 300 * Math.random());
  });
  expect(signal).toBe("SIGKILL");
}
