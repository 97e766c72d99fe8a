import { defineConfig } from "vitest/config";

/** Suites run on the built packages (`tsc -b` first) and import them by their public names. */
const suite = (name: string, include: string) => ({
  test: {
    name,
    include: [include],
    pool: "forks" as const,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      suite("infer", "packages/infer/test/**/*.test.ts"),
      suite("export", "packages/export/test/**/*.test.ts"),
      suite("train", "packages/train/test/**/*.test.ts"),
      suite("whole", "test/suites/**/*.test.ts"),
    ],
  },
});
