/**
 * `npm run test:nightly`: the suites with their long variants (more cases, steps and rounds); `-- --project train` those
 * of one package, `-- --project train memory` files whose name holds "memory". Leaves the count and what was measured, with date and machine, in bench/results.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps, runPnpm } from "./lib/bootstrap.mjs";
import { repository } from "./lib/folders.mjs";
import { describeRun } from "./lib/machine.mjs";
import { browserStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

const { values, positionals } = parseArgs({
  options: { project: { type: "string" } },
  allowPositionals: true,
});
const { project } = values;
const report = join(repository, "out", "vitest-nightly.json");

await runMain(async () => {
  await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, refereeStep]);
  process.env.VAEPORT_NIGHTLY = "1";
  const started = performance.now();
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const suites = project === undefined ? [] : ["--project", project];
  const args = ["--testTimeout=3600000", ...suites, ...positionals, ...reporters];
  const status = await runPnpm(["exec", "vitest", "run", ...args]);
  record((performance.now() - started) / 60_000);
  return status ?? 1;
});

/**
 * @typedef {object} TestFile
 * @property {string} name
 * @property {number} startTime
 * @property {number} endTime
 * @property {{ status: string, fullName: string, meta: { measured?: string } }[]} assertionResults
 */

/** @param {number} minutes */
function record(minutes) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  const files = /** @type {TestFile[]} */ (testResults);
  const rows = files.map(({ name, startTime, endTime, assertionResults }) => {
    const seconds = ((endTime - startTime) / 1000).toFixed(0);
    return `| ${relative(repository, name)} | ${assertionResults.length} | ${seconds} |`;
  });
  const results = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.filter(({ status }) => status === "failed");
  const measured = results.filter(({ meta }) => meta.measured !== undefined);
  const lines = [
    ...failed.map(({ fullName }) => `- FAILED: ${fullName}`),
    ...measured.map(({ fullName, meta }) => `- ${fullName}: ${meta.measured}`),
  ];
  const asked = [...(project ? ["--project", project] : []), ...positionals];
  const command = ["npm run test:nightly", ...(asked.length > 0 ? ["--", ...asked] : [])].join(" ");
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, project ? `nightly-${project}.md` : "nightly.md"),
    `# Nightly suites${project ? ` of ${project}` : ""}

${describeRun(command)}

${numPassedTests} passed, ${numFailedTests} failed, in ${minutes.toFixed(0)} minutes.
${lines.length > 0 ? `\n${lines.join("\n")}\n` : ""}
| file | tests | seconds |
| --- | --- | --- |
${rows.sort().join("\n")}
`,
  );
}
