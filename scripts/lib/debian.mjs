/** Commands that the nightly tests need, out of Debian's packages. */
import { existsSync } from "node:fs";
import { outputOf, run } from "./run.mjs";
import { SetupError } from "./steps.mjs";

/** Whether packages can be installed: as root on Debian. */
export function canInstall() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/**
 * Installs the packages of a command that is missing, where that can be done.
 *
 * @param {string} command which answers `--version`
 * @param {readonly string[]} packages
 */
export async function provideCommand(command, ...packages) {
  if (outputOf(command, ["--version"]) !== undefined) return;
  const names = packages.join(" ");
  if (canInstall()) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
    if (outputOf(command, ["--version"]) !== undefined) return;
  }
  throw new SetupError(
    `${command} is missing. Debian or Ubuntu: apt-get install ${names}; macOS: brew install ${names}`,
  );
}
