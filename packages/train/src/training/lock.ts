/** One process at a time: a file that names the process at work. A killed process leaves it; the next takes it over. */
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, startOf } from "../is-alive.js";

/** Who holds a lock. */
export interface Holder {
  host: string;
  pid: number;
  /** Tells it from a later process with its number, where the system tells that. */
  started?: string | undefined;
}

const BEAT_MILLISECONDS = 10_000;
/** A lock of another machine without a beat for this long is a dead process's. */
export const STALE_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 500;
/** Of several that find a dead process's lock at once, the last one to write has it. */
const SETTLE_MILLISECONDS = 100;

/** Runs `work` while holding the lock file; waits for the process that holds it. */
export async function withLock<T>(
  file: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  while (!(await takeOver(file))) {
    signal?.throwIfAborted();
    await sleep(POLL_MILLISECONDS);
  }
  return hold(file, work);
}

/**
 * As `withLock`, without waiting.
 *
 * @param refuse gives the error for a living holder, undefined while it writes its name
 */
export async function withLockOr<T>(
  file: string,
  refuse: (holder: Holder | undefined) => Error,
  work: () => Promise<T>,
): Promise<T> {
  if (!(await takeOver(file))) throw refuse(await readHolder(file));
  return hold(file, work);
}

/** Whether the lock could be taken: it was free, or a dead process's. */
async function takeOver(file: string): Promise<boolean> {
  const { pid } = process;
  const holder: Holder = { host: hostname(), pid, started: await startOf(pid) };
  const own = JSON.stringify(holder);
  if (await take(file, own)) return true;
  if (!(await isDead(file))) return false;
  await writeFile(file, own);
  await sleep(SETTLE_MILLISECONDS);
  return (await readFile(file, "utf8").catch(() => "")) === own;
}

async function hold<T>(file: string, work: () => Promise<T>): Promise<T> {
  const beat = setInterval(
    () => void utimes(file, new Date(), new Date()).catch(() => {}),
    BEAT_MILLISECONDS,
  );
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

async function take(file: string, own: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: "wx" });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === "ENOSPC") await rm(file, { force: true }); // it is there, without a name to take it over from
    throw error;
  }
}

async function isDead(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return false; // it was let go
  const isSilent = Date.now() - found.mtimeMs > STALE_MILLISECONDS;
  const holder = await readHolder(file);
  if (holder?.host !== hostname()) return isSilent;
  if (!isAlive(holder.pid)) return true;
  const started = await startOf(holder.pid);
  // Where that is known it decides: an evaluation may block its process, and with it the beat, for minutes.
  return holder.started && started ? holder.started !== started : isSilent;
}

/** Undefined where the file was let go, or is being written. */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
