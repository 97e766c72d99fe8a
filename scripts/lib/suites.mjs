/** Runs suites of vitest and counts their tests. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { runPnpm } from "./bootstrap.mjs";
import { repository } from "./folders.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * Tests go by `file: name`.
 *
 * @typedef {object} Details
 * @property {string[]} failures
 * @property {string[]} skips
 * @property {string[]} measured what tests left in `meta.measured`
 * @property {{ name: string, tests: number, seconds: number }[]} files the longest first
 * @typedef {Tally & Details} Outcome
 */

/**
 * What vitest's JSON report holds of a file, as far as it is read here.
 *
 * @typedef {object} TestFile
 * @property {string} name
 * @property {string} status
 * @property {number} startTime
 * @property {number} endTime
 * @property {{ fullName: string, status: string, meta: { measured?: string } }[]} assertionResults
 */

/**
 * A file that does not load is a failed test, and so are a test that never ended, since its process did, and an error
 * outside of tests.
 *
 * @param {readonly string[]} [args] of vitest
 * @returns {Promise<Outcome>}
 */
export async function runSuites(args = []) {
  const report = join(repository, "out", "vitest.json");
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = await runPnpm(["exec", "vitest", "run", ...args, ...reporters]);
  /** @type {TestFile[]} */
  const files = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [];
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status: state, meta }) => {
      return { title: `${relative(repository, name)}: ${fullName}`, state, ...meta };
    }),
  );
  const titles = (/** @type {(state: string) => boolean} */ wanted) =>
    tests.filter(({ state }) => wanted(state)).map(({ title }) => title);
  const failures = titles((state) => state === "failed");
  failures.push(...titles((state) => state === "pending").map((title) => `${title} did not end`));
  const unloadable = files.filter((file) => file.status === "failed" && countOf(file) === 0);
  failures.push(...unloadable.map(({ name }) => `${relative(repository, name)} does not load`));
  // Errors outside of tests (an unhandled rejection, say) fail the run without failing a test.
  if (status !== 0 && failures.length === 0) failures.push(`vitest ended with status ${status}`);
  const skips = titles((state) => !["passed", "failed", "pending"].includes(state));
  return {
    passed: titles((state) => state === "passed").length,
    failed: failures.length,
    skipped: skips.length,
    failures,
    skips,
    measured: tests.flatMap(({ title, measured }) => (measured ? [`${title}: ${measured}`] : [])),
    files: files.map(timeOf).sort((a, b) => b.seconds - a.seconds),
  };
}

/** @param {TestFile} file */
function countOf({ assertionResults }) {
  return assertionResults.length;
}

/** @param {TestFile} file */
function timeOf(file) {
  const seconds = (file.endTime - file.startTime) / 1000;
  return { name: relative(repository, file.name), tests: countOf(file), seconds };
}

/**
 * Prints the line that ends every test run, and gives the exit status.
 *
 * @param {readonly Tally[]} tallies
 */
export function printTotal(tallies) {
  const sum = (/** @type {keyof Tally} */ key) => tallies.reduce((n, tally) => n + tally[key], 0);
  const skipped = sum("skipped");
  const total = `${sum("passed")} passed, ${sum("failed")} failed`;
  console.log(`\n${total}${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return sum("failed") === 0 ? 0 : 1;
}
