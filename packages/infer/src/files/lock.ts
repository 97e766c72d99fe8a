/** One process at a time: a file that names the process at work. A killed process leaves it; the next takes it over. */
import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, startOf } from "./processes.js";

/** Who holds a lock. */
export interface Holder {
  host: string;
  pid: number;
  /** Tells it from a later process with its number, where the system tells that. */
  started?: string | undefined;
}

/** Lets a lock go. */
export type Unlock = () => Promise<void>;

const BEAT_MILLISECONDS = 10_000;
/** A lock of another machine without a beat for this long is a dead process's. */
export const STALE_MILLISECONDS = 120_000;
/** Of several calls that find a dead process's lock at once, the last one to write has it. */
const SETTLE_MILLISECONDS = 100;

/** Takes a lock that is free, or a dead process's; undefined where a living process has it. */
export async function takeLock(file: string): Promise<Unlock | undefined> {
  const { pid } = process;
  const holder: Holder = { host: hostname(), pid, started: await startOf(pid) };
  const own = JSON.stringify({ ...holder, call: randomUUID() });
  if (!((await create(file, own)) || (await takeOver(file, own)))) return undefined;
  const touch = () => void utimes(file, new Date(), new Date()).catch(() => {});
  const beat = setInterval(touch, BEAT_MILLISECONDS).unref();
  return async () => {
    clearInterval(beat);
    await rm(file, { force: true });
  };
}

/** Undefined where the lock was let go, or is being written. */
export async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** A holder as messages name it. */
export function nameOf(holder: Holder | undefined): string {
  return holder === undefined ? "another process" : `process ${holder.pid} on ${holder.host}`;
}

async function create(file: string, own: string): Promise<boolean> {
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

async function takeOver(file: string, own: string): Promise<boolean> {
  if (!(await isDead(file))) return false;
  await writeFile(file, own);
  await sleep(SETTLE_MILLISECONDS);
  return (await readFile(file, "utf8").catch(() => "")) === own;
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
