/** Runs commands without a shell. */
import { spawn, spawnSync } from "node:child_process";

/**
 * Runs a command in the foreground and returns its exit status; null when it was killed by a
 * signal or could not be started.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean }} [options] quiet: prints nothing
 * @returns {Promise<number | null>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: options.quiet ? "ignore" : "inherit",
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: { ...process.env, ...options.env },
    });
    child.on("error", () => resolve(null));
    child.on("close", (status) => resolve(status));
  });
}

/**
 * What a command prints on standard output; undefined when it fails or does not exist.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
