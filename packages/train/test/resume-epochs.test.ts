/** Resuming to another number of epochs: to what a training of so many from the start comes to, or not at all. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  InterruptedError,
  loadRun,
  RunFolderError,
  resume,
  type TrainConfigInput,
  train,
} from "@vaeport/train";
import { expect, test } from "vitest";
import { interrupted } from "./interrupted.js";
import { outcome } from "./outcome.js";
import { smallConfig, temporaryFolder, tf } from "./support.js";

const ofEpochs = (epochs: number) => smallConfig({ training: { epochs, batchSize: 64 } });

const summaryOf = async (run: string) =>
  JSON.parse(await readFile(join(run, "summary.json"), "utf8")) as object;

test("goes on from a finished run to what a training of so many comes to, stopped on the way or not", async () => {
  const folder = await temporaryFolder();
  const [run, whole] = [join(folder, "run"), join(folder, "whole")];
  await train(ofEpochs(2), { out: run });
  await writeFile(join(run, "evaluation.json"), "{}");
  const interrupt = new AbortController();
  const longer = resume(run, {
    epochs: 4,
    signal: interrupt.signal,
    onEvent: (event) => event.type === "epoch" && interrupt.abort(),
  });
  await expect(longer).rejects.toThrow(InterruptedError);
  expect(await readdir(run)).not.toContain("evaluation.json");
  expect(await readdir(run)).not.toContain("summary.json");
  const { epochs } = await resume(run);
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  await train(ofEpochs(4), { out: whole });
  expect(await outcome(run)).toEqual(await outcome(whole));
  expect(await summaryOf(run)).toEqual(await summaryOf(whole));
  expect(await readFile(join(run, "config.json"))).toEqual(
    await readFile(join(whole, "config.json")),
  );
});

test("ends an unfinished run sooner", async () => {
  const folder = await temporaryFolder();
  const [run, short] = [join(folder, "run"), join(folder, "short")];
  await interrupted(ofEpochs(4), run, 1);
  await resume(run, { epochs: 2 });
  await train(ofEpochs(2), { out: short });
  expect(await outcome(run)).toEqual(await outcome(short));
});

test("refuses what that would not be, and leaves the run as it is", async () => {
  const folder = await temporaryFolder();
  const [run, file] = [join(folder, "run"), join(folder, "rows.csv")];
  await writeFile(
    file,
    Array.from({ length: 40 }, (_, i) => `${i / 40},${(i % 7) / 7}\n`).join(""),
  );
  const data = { name: "csv", train: file } as const;
  const refused = async (
    changes: Partial<TrainConfigInput["training"]>,
    epochs: number,
    problem: RegExp,
    objective: TrainConfigInput["objective"] = {},
  ) => {
    const training = { epochs: 2, batchSize: 5, ...changes };
    await train(smallConfig({ data, training, objective }), { out: run, force: true });
    const before = await outcome(run);
    const failing = resume(run, { epochs });
    await expect(failing).rejects.toThrow(problem);
    await expect(failing).rejects.toThrow(RunFolderError);
    expect(await outcome(run)).toEqual(before);
    expect(await loadRun(tf, run)).toMatchObject({ config: { training } });
  };
  await refused({}, 2, /: 2 epochs are done, and it was to end at 2\. Give it more\.$/);
  const cosine = { learningRateSchedule: { type: "cosine", minimum: 0 } } as const;
  await refused(cosine, 3, /cosine learningRateSchedule spans all of its 2 epochs, .* of 3 is/);
  const cyclical = { warmUp: { type: "cyclical" } } as const;
  await refused({}, 3, /cyclical warmUp spans all of its 2 epochs/, cyclical);
  const earlyStop = { patience: 1, minimumImprovement: 1000 };
  await refused({ earlyStop }, 3, /stopped early, at epoch 2, 1 after its best \(1\)/);
  await rm(join(run, "checkpoints"), { recursive: true });
  await expect(resume(run, { epochs: 3 })).rejects.toThrow(/holds no checkpoint in checkpoints/);
  await expect(resume(run, { epochs: 0.5 })).rejects.toThrow(
    /resume, epochs: training\.epochs: .*got 0\.5/,
  );
});
