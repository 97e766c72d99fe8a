/**
 * `npm test`: sets up what it needs, runs every check, and ends with the line
 * `N passed, N failed` (`, N skipped` follows where a test needs hardware that is absent).
 */
import { bootstrapSteps, runPnpm } from "./lib/bootstrap.mjs";
import { browserStep, cudaStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";
import { printTotal, runSuites } from "./lib/suites.mjs";

/**
 * A command that passes or fails as one check.
 *
 * @param {string} title
 * @param {readonly string[]} args of pnpm
 * @returns {Promise<import("./lib/suites.mjs").Tally>}
 */
async function check(title, args) {
  console.log(`\n${title}`);
  const passed = (await runPnpm(args)) === 0;
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

await runMain(async () => {
  try {
    await runSteps([...bootstrapSteps, tensorFlowStep, browserStep, cudaStep, refereeStep]);
  } catch (error) {
    process.once("exit", () => printTotal([{ passed: 0, failed: 1, skipped: 0 }]));
    throw error;
  }
  const lint = await check("lint and import directions (biome)", ["exec", "biome", "ci", "."]);
  const types = await check("types of tests and scripts (tsc)", ["exec", "tsc", "-b"]);
  console.log("\nsuites (vitest)");
  const suites = await runSuites();
  if (suites.failures.length > 0) console.log(`\nFailed:\n${suites.failures.join("\n")}`);
  return printTotal([lint, types, suites]);
});
