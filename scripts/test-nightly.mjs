/**
 * `npm run test:nightly`: the suites with their long variants (more cases, steps and rounds) and the real servers,
 * schedulers and clusters, one suite after another. `-- --project train` runs that suite, `-- --project train memory` its
 * files whose name holds "memory". Each suite leaves its counts and what was measured, with date and machine, in
 * bench/results/nightly-<suite>.md as it ends; the last line counts all.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { repository } from "./lib/folders.mjs";
import { describeRun } from "./lib/machine.mjs";
import { browserStep, cudaStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps, SetupError } from "./lib/steps.mjs";
import { printTotal, runSuites } from "./lib/suites.mjs";

/** Projects of vitest.config.ts. */
const SUITES = ["scale", "infer", "whole", "train", "export"];
/** A test or hook may take an hour. */
const LIMITS = ["--testTimeout=3600000", "--hookTimeout=3600000"];

await runMain(async () => {
  const { suites, filters } = parseChoice();
  await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, cudaStep, refereeStep]);
  process.env.VAEPORT_NIGHTLY = "1";
  const summary = [];
  const outcomes = [];
  for (const suite of suites) {
    console.log(`\n${suite}`);
    const started = performance.now();
    const outcome = await runSuites(["--project", suite, ...filters, ...LIMITS]);
    const minutes = (performance.now() - started) / 60_000;
    record(suite, filters, outcome, minutes);
    summary.push(`${suite.padEnd(6)}  ${counts(outcome)}, in ${minutes.toFixed(1)} minutes`);
    summary.push(...outcome.failures.map((name) => `        failed: ${name}`));
    outcomes.push(outcome);
  }
  console.log(`\n${summary.join("\n")}`);
  return printTotal(outcomes);
});

function parseChoice() {
  const { values, positionals } = parseArgs({
    options: { project: { type: "string" } },
    allowPositionals: true,
  });
  const { project } = values;
  if (project === undefined ? positionals.length > 0 : !SUITES.includes(project)) {
    const got = JSON.stringify(project ?? positionals[0]);
    throw new SetupError(`expected --project, one of ${SUITES.join(", ")}, first; got ${got}.`);
  }
  return { suites: project === undefined ? SUITES : [project], filters: positionals };
}

/** @param {import("./lib/suites.mjs").Tally} tally */
function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * A choice of files has a record of its own.
 *
 * @param {string} suite
 * @param {readonly string[]} filters
 * @param {import("./lib/suites.mjs").Outcome} outcome
 * @param {number} minutes
 */
function record(suite, filters, outcome, minutes) {
  const { failures, skips, measured, files } = outcome;
  const list = (/** @type {string} */ title, /** @type {readonly string[]} */ names) =>
    names.length === 0 ? "" : `\n${title}:\n\n${names.map((name) => `- ${name}`).join("\n")}\n`;
  const rows = files.map(
    ({ name, tests, seconds }) => `| ${name} | ${tests} | ${seconds.toFixed(0)} |`,
  );
  const command = ["npm run test:nightly -- --project", suite, ...filters].join(" ");
  const folder = join(repository, "bench", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${["nightly", suite, ...filters].join("-").replaceAll("/", "-")}.md`),
    `# Nightly suite: ${[suite, ...filters].join(", ")}

${describeRun(command)}

${counts(outcome)}, in ${minutes.toFixed(1)} minutes.
${list("Failed", failures)}${list("Measured", measured)}${list("Skipped", skips)}
| file | tests | seconds |
| --- | ---: | ---: |
${rows.join("\n")}
`,
  );
}
