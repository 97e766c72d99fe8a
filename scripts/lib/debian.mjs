/** Commands that the nightly tests need, out of Debian's packages. */
import { existsSync } from "node:fs";
import { outputOf, run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

/**
 * Installs the package of a command that is missing, as root on Debian.
 *
 * @param {string} command which answers `--version`
 * @param {string} name of the package
 */
export async function provideCommand(command, name) {
  if (outputOf(command, ["--version"]) !== undefined) return;
  if (existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { env });
    if (outputOf(command, ["--version"]) !== undefined) return;
  }
  throw new SetupError(
    `${command} is missing. Debian or Ubuntu: apt-get install ${name}; macOS: brew install ${name}`,
  );
}
