/** Runs a command to its end. */
import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit status; null when the command could not be started or was killed by a signal. */
  status: number | null;
  /** What it printed, standard output and error together. */
  output: string;
}

/**
 * Runs `command` without a shell and collects what it prints.
 *
 * @param echo also show it as it comes, on standard error (standard output may be a result).
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { echo?: boolean; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
    });
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
      if (options.echo) process.stderr.write(chunk);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ status: null, output: `${output}${error.message}` }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** The last lines of a command's output, for an error message. */
export function tail(output: string, lines = 6): string {
  return output.trim().split("\n").slice(-lines).join("\n");
}
