import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Suites run on the built packages (`tsc -b` first) and import them by their public names. */
const suite = (name: string, include: string) => ({
  name,
  include: [include],
  pool: "forks" as const,
  setupFiles: "test/src/no-colours.ts",
  maxWorkers: availableParallelism(), // by default one fewer, which on two cores is one
  testTimeout: 60_000,
  hookTimeout: 120_000,
});

/** Real servers, schedulers and clusters: minutes each, one at a time. */
const nightly = {
  test: {
    ...suite("scale", "test/scale/**/*.test.ts"),
    maxWorkers: 1,
    sequence: { groupOrder: 2 },
  },
};

export default defineConfig({
  test: {
    projects: [
      { test: suite("infer", "packages/infer/test/**/*.test.ts") },
      { test: suite("export", "packages/export/test/**/*.test.ts") },
      { test: suite("train", "packages/train/test/**/*.test.ts") },
      {
        test: {
          ...suite("whole", "test/suites/**/*.test.ts"),
          globalSetup: "test/suites/setup.ts",
          // One software GPU and one browser at a time, after the packages' own suites.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env.VAEPORT_NIGHTLY ? [nightly] : []),
    ],
  },
});
