/**
 * `npm run test:nightly`: the suites with their long variants (more cases, steps and rounds);
 * leaves the count, with date and machine, in bench/results.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrapSteps, runPnpm } from "./lib/bootstrap.mjs";
import { repository } from "./lib/folders.mjs";
import { describeRun } from "./lib/machine.mjs";
import { browserStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

const report = join(repository, "out", "vitest-nightly.json");

await runMain(async () => {
  await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, refereeStep]);
  process.env.VAEPORT_NIGHTLY = "1";
  const started = performance.now();
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = await runPnpm(["exec", "vitest", "run", "--testTimeout=3600000", ...reporters]);
  record((performance.now() - started) / 60_000);
  return status ?? 1;
});

/** @param {number} minutes */
function record(minutes) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  const rows = testResults.map(
    (
      /** @type {{ name: string, startTime: number, endTime: number, assertionResults: unknown[] }} */ file,
    ) => {
      const seconds = (file.endTime - file.startTime) / 1000;
      const name = file.name.slice(repository.length);
      return `| ${name} | ${file.assertionResults.length} | ${seconds.toFixed(0)} |`;
    },
  );
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "nightly.md"),
    `# Nightly suites

${describeRun("npm run test:nightly")}

${numPassedTests} passed, ${numFailedTests} failed, in ${minutes.toFixed(0)} minutes.

| file | tests | seconds |
| --- | --- | --- |
${rows.sort().join("\n")}
`,
  );
}
