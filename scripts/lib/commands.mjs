/** Runs the project's own commands, as a user would type them. */
import { join, relative } from "node:path";
import { repository } from "./folders.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

/**
 * Runs `vaeport-<tool>` and shows the command line.
 *
 * @param {"train" | "export"} tool
 * @param {string[]} args
 */
export async function command(tool, args) {
  const shown = args.map((arg) => (arg.startsWith(repository) ? relative(repository, arg) : arg));
  console.log(`\n$ vaeport-${tool} ${shown.join(" ")}`);
  const file = join(repository, "packages", tool, "bin", `vaeport-${tool}.js`);
  const status = await run(process.execPath, [file, ...args]);
  if (status !== 0) throw new SetupError(`vaeport-${tool} ended with status ${status}; see above.`);
}
