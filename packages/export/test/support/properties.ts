/** How many cases a property is checked on, and for how long. */
import type { Parameters } from "fast-check";

const nightly = Boolean(process.env.VAEPORT_NIGHTLY);

/** `runs` cases, always the same ones; nightly 20 times as many, others each time. A failure prints its seed. */
export function parameters(runs: number, seed: number): Parameters<unknown> & { numRuns: number } {
  return {
    includeErrorInReport: true,
    ...(nightly ? { numRuns: 20 * runs } : { numRuns: runs, seed }),
  };
}

export const TIMEOUT = nightly ? 1_800_000 : 60_000;
