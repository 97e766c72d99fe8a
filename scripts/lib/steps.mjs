/** Set-up steps: numbered, timed, and with a remedy when one fails. */

/** A failure whose message is all that the user needs: what, why, and the command that mends it. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}

/**
 * Runs the steps in order and says which one is running.
 *
 * @param {{ title: string, run: () => unknown }[]} steps
 */
export async function runSteps(steps) {
  for (const [index, { title, run }] of steps.entries()) {
    const started = performance.now();
    console.log(`[${index + 1}/${steps.length}] ${title}`);
    const outcome = await run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`      done in ${seconds} s${typeof outcome === "string" ? `: ${outcome}` : ""}`);
  }
}

/** Errors whose message tells the user all there is to know, by name. */
const EXPECTED = ["SetupError", "TensorFlowError", "BrowserMissingError"];

/**
 * Runs a script's main function; prints an expected failure as one message, any other whole.
 *
 * @param {() => Promise<number | void>} main returns the exit status, 0 when nothing
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const expected = error instanceof Error && EXPECTED.includes(error.name);
    console.error(expected ? `\n${error.name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}
