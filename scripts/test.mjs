/**
 * `npm test`: sets up what it needs, runs every check, and ends with the line
 * `N passed, N failed` (`, N skipped` follows where a test needs hardware that is absent).
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bootstrapSteps, runPnpm } from "./lib/bootstrap.mjs";
import { repository } from "./lib/folders.mjs";
import { browserStep, cudaStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * A command that passes or fails as one check.
 *
 * @param {string} title
 * @param {readonly string[]} args of pnpm
 * @returns {Promise<Tally>}
 */
async function check(title, args) {
  console.log(`\n${title}`);
  const passed = (await runPnpm(args)) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/**
 * Runs the suites and counts their tests; a file that does not load is a failed test.
 *
 * @returns {Promise<Tally>}
 */
async function suites() {
  console.log("\nsuites (vitest)");
  const report = join(repository, "out", "vitest.json");
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = await runPnpm(["exec", "vitest", "run", ...reporters]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, "utf8"));
  const unloadable = result.testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
      file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = result.numFailedTests + unloadable;
  return {
    passed: result.numPassedTests,
    // Errors outside of tests (an unhandled rejection, say) fail the run without failing a test.
    failed: status === 0 ? failed : Math.max(failed, 1),
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @param {Tally[]} tallies */
function printTotal(tallies) {
  const sum = (/** @type {keyof Tally} */ key) => tallies.reduce((n, tally) => n + tally[key], 0);
  const skipped = sum("skipped");
  const total = `${sum("passed")} passed, ${sum("failed")} failed`;
  console.log(`\n${total}${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return sum("failed") === 0 ? 0 : 1;
}

await runMain(async () => {
  try {
    await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, cudaStep, refereeStep]);
  } catch (error) {
    process.once("exit", () => printTotal([{ passed: 0, failed: 1, skipped: 0 }]));
    throw error;
  }
  const tallies = [
    await check("lint and import directions (biome)", ["exec", "biome", "ci", "."]),
    await check("types of tests and scripts (tsc)", ["exec", "tsc", "-b"]),
    await suites(),
  ];
  return printTotal(tallies);
});
