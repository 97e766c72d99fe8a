/** What `train` and `resume` share: progress on the way, Ctrl-C, and the last words. */
import { basename } from "node:path";
import { picturesFolder } from "../training/run-folder.js";
import type { TrainResult } from "../training/train.js";
import { createReporter, type Reporter } from "./reporter.js";

/** Ctrl-C, and what schedulers send before they kill. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Trains with a progress display, then prints where things are. Ctrl-C or SIGTERM stop it after the step in hand; a
 * second one ends the process as usual.
 */
export async function withProgress(
  folder: string,
  json: boolean | undefined,
  train: Training<TrainResult>,
): Promise<void> {
  const result = await withReporter(json, train);
  if (json) return console.log(JSON.stringify(result, null, 2));
  const { epochs, final } = result;
  if (final !== epochs.at(-1)) {
    const reached = `held-out -ELBO ${final.test.negativeElbo.toFixed(2)}`;
    console.log(`weights   of epoch ${final.epoch}, the best of ${epochs.length}: ${reached}`);
  }
  console.log(`run       ${folder}`);
  console.log(`pictures  ${picturesFolder(folder)}`);
  console.log(`next      vaeport-train export ${folder} -o ${basename(folder)}-model`);
}

type Training<T> = (report: Reporter["report"], signal: AbortSignal) => Promise<T>;

/** As `withProgress`, without the last words. */
export async function withReporter<T>(json: boolean | undefined, train: Training<T>): Promise<T> {
  const reporter = createReporter(json ? process.stderr : process.stdout);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await train(reporter.report, interrupt.signal);
  } finally {
    reporter.close();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
