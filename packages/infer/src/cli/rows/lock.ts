/** One run at a time for an output: a lock file beside it names the process that writes it. */
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { OutputError } from "./output-error.js";

const BEAT_MILLISECONDS = 10_000;
/** A lock of another machine without a beat for this long is a dead process's. */
const STALE_MILLISECONDS = 120_000;
/** Of several that find a lock left behind at once, the last one to write has it. */
const SETTLE_MILLISECONDS = 100;

interface Holder {
  host: string;
  pid: number;
}

/** Lets a lock go. */
export type Unlock = () => Promise<void>;

/** Takes the lock of an output. Throws OutputError while another process has it. */
export async function lock(path: string): Promise<Unlock> {
  const file = `${path}.partial.lock`;
  const own = JSON.stringify({ host: hostname(), pid: process.pid } satisfies Holder);
  try {
    await writeFile(file, own, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!(await isLeftBehind(file))) throw await inUse(path, file);
    await writeFile(file, own);
    await sleep(SETTLE_MILLISECONDS);
    if ((await readFile(file, "utf8").catch(() => "")) !== own) throw await inUse(path, file);
  }
  const touch = () => void utimes(file, new Date(), new Date()).catch(() => {});
  const beat = setInterval(touch, BEAT_MILLISECONDS).unref();
  return async () => {
    clearInterval(beat);
    await rm(file, { force: true });
  };
}

async function isLeftBehind(file: string): Promise<boolean> {
  const holder = await holderOf(file);
  if (holder?.host === hostname()) return holder.pid === process.pid || !isAlive(holder.pid);
  const beaten = await stat(file).catch(() => undefined);
  return beaten !== undefined && Date.now() - beaten.mtimeMs > STALE_MILLISECONDS;
}

/** Undefined where the lock was let go, or is being written. */
async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function inUse(path: string, file: string): Promise<OutputError> {
  const holder = await holderOf(file);
  const who = holder === undefined ? "another process" : `process ${holder.pid} on ${holder.host}`;
  return new OutputError(
    `${path} is being written by ${who}. Wait for it, or choose another -o; if it is no such run, delete ${file}.`,
  );
}
