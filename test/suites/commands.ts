/** The project's commands, and how to run them. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export type Tool = "train" | "export" | "infer";

export const COMMANDS: Readonly<Record<Tool, readonly string[]>> = {
  train: ["setup", "train", "resume", "evaluate", "pictures", "export", "sweep"],
  export: ["layers", "vae", "triton", "manifest"],
  infer: ["doctor", "setup", "encode", "score", "reconstruct", "sample"],
};

export interface Ended {
  /** As a shell gives it: 128 and the number of the signal that ended the process. */
  status: number;
  output: string;
  errors: string;
}

/** Runs `vaeport-<tool>`; `node` are options of Node itself. */
export function runCommand(
  tool: Tool,
  args: readonly string[],
  { cwd, node = [] }: { cwd?: string; node?: readonly string[] } = {},
): Promise<Ended> {
  const bin = new URL(`../../packages/${tool}/bin/vaeport-${tool}.js`, import.meta.url);
  const child = spawn(process.execPath, [...node, fileURLToPath(bin), ...args], { cwd });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (errors += data));
  return new Promise((done) =>
    child.once("close", (code, signal) => {
      done({ status: code ?? 128 + constants.signals[signal!], output, errors });
    }),
  );
}
