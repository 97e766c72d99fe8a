/** One process at a time for a run: a killed scheduler can leave its jobs behind, which the next one starts again. */
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../is-alive.js";

const BEAT_MILLISECONDS = 10_000;
/** A lock of another machine without a beat for this long is a dead process's. */
const STALE_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 500;

/** Runs `work` while holding the lock file; waits for the process that holds it. */
export async function withLock<T>(
  file: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  while (!(await take(file))) {
    signal?.throwIfAborted();
    if (await isDead(file)) await rm(file, { force: true });
    else await sleep(POLL_MILLISECONDS);
  }
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

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid }));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isDead(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > STALE_MILLISECONDS) return true;
    const { host, pid } = JSON.parse(await readFile(file, "utf8")) as { host: string; pid: number };
    return host === hostname() && !isAlive(pid);
  } catch {
    return false; // it was let go, or is being written
  }
}
