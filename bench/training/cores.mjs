/** The processor cores that variants compute on, and how busy they are. */
import { cpus } from "node:os";
import { THREADS } from "./nets.mjs";

/** TensorFlow takes a thread for each core that it may use: on a larger machine every variant is held to the same cores. */
const pinned = process.platform === "linux" && cpus().length > THREADS;

/** What goes before a variant's command. */
export const pinning = pinned ? ["taskset", "-c", `0-${THREADS - 1}`] : [];

/** Number of cores that variants may use. */
export const coreCount = pinned ? THREADS : cpus().length;

/** Time that these cores have been busy since the machine started, in milliseconds, added up. */
export function busyMilliseconds() {
  const times = cpus()
    .slice(0, coreCount)
    .map((core) => core.times);
  return times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
}
