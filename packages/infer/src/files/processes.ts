/** Processes of this machine: whether a number still stands for the one that it stood for. */
import { readFile } from "node:fs/promises";

/** Whether a process of this machine is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * When a process of this machine began, in ticks since the system did: numbers of processes come again, in a container
 * that is started again at once. "ended" of one that waits for its parent to notice; undefined where the system does
 * not tell, as others than Linux.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // After the name, which may hold anything: the state, and 18 fields later the start.
  const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? "ended" : fields[18];
}
