/** Runs a script in Python, with the referees' packages. */
import { spawnSync } from "node:child_process";
import { installReferees, refereeFolder } from "../../../../scripts/lib/referees.mjs";

/** What the script prints. Throws what it writes to standard error where it fails. */
export async function runPython(script: string, args: readonly string[] = [], input = "") {
  await installReferees();
  const { status, stdout, stderr, error } = spawnSync("python3", ["-c", script, ...args], {
    encoding: "utf8",
    input,
    env: { ...process.env, PYTHONPATH: refereeFolder },
  });
  if (error !== undefined) throw new Error("python3 does not start; install it.", { cause: error });
  if (status !== 0) throw new Error(stderr || stdout);
  return stdout;
}
