/** Processes of this machine, read from Linux's /proc, to find those that a test kills. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Those that run now. */
export function allProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
}

/** A process's variables as it was started; empty when it has ended. */
export function environmentOf(pid: number): Readonly<Record<string, string>> {
  try {
    const text = readFileSync(join("/proc", String(pid), "environ"), "latin1");
    return Object.fromEntries(text.split("\0").map((line) => line.split(/=(.*)/s, 2)));
  } catch {
    return {};
  }
}

/** SIGKILL. */
export function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function readProcess(pid: number): Process[] {
  const folder = join("/proc", String(pid));
  try {
    const stat = readFileSync(join(folder, "stat"), "latin1");
    const parent = Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
    const command = readFileSync(join(folder, "cmdline"), "latin1").replaceAll("\0", " ");
    return [{ pid, parent, command }];
  } catch {
    return []; // it ended meanwhile
  }
}
