/** A small sweep, and what it leaves. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What was built here stands for `npx -p @vaeport/train vaeport-train` of the examples. */
const BIN = new URL("../../../packages/train/bin/vaeport-train.js", import.meta.url);
export const TRAINING = { VAEPORT_TRAIN: `${process.execPath} ${fileURLToPath(BIN)}` };
export const EPOCHS = 30;

/** Writes a sweep of this many runs, of some seconds each. */
export function writeSweep(folder: string, runs: number): string {
  const base = {
    name: "small",
    data: { name: "mnist", trainItems: 2000, testItems: 200 },
    model: { type: "dense", hidden: [64] },
    latent: { size: 4 },
    training: { epochs: EPOCHS, batchSize: 50 },
  };
  const seed = Array.from({ length: runs }, (_, run) => run + 1);
  writeFileSync(join(folder, "base.json"), JSON.stringify(base));
  writeFileSync(join(folder, "sweep.json"), JSON.stringify({ base: "base.json", grid: { seed } }));
  return join(folder, "sweep.json");
}

/** Folders of finished runs. */
export function finished(out: string): string[] {
  if (!existsSync(out)) return [];
  return readdirSync(out)
    .filter((name) => /^\d+$/.test(name))
    .sort();
}

/** True once an unfinished run, or that of this index, has an epoch behind it, which is when its checkpoint is there. */
export function hasBegun(out: string, index?: number): boolean {
  if (!existsSync(out)) return false;
  return readdirSync(out).some(
    (name) =>
      name.endsWith(".partial") &&
      (index === undefined || Number.parseInt(name, 10) === index) &&
      epochsOf(join(out, name)) > 0,
  );
}

export function epochsOf(folder: string): number {
  const log = join(folder, "metrics.jsonl");
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0;
}
