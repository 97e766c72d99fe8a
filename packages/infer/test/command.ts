/** The command `vaeport-infer` as a process, and what it says. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../bin/vaeport-infer.js", import.meta.url));

export interface Outcome {
  code: unknown;
  output: string;
  errors: string;
}

export function vaeportInfer(...args: string[]): Promise<Outcome> {
  return node(BIN, ...args);
}

export function node(...args: string[]): Promise<Outcome> {
  return run(process.execPath, args);
}

/** The same where no file may have more than so many blocks of 512 bytes. */
export function vaeportInferWithin(blocks: number, ...args: string[]): Promise<Outcome> {
  const script = `ulimit -f ${blocks}; exec "$@"`;
  return run("sh", ["-c", script, "sh", process.execPath, BIN, ...args]);
}

/** The same with other variables of the environment besides. */
export function vaeportInferWith(env: Record<string, string>, ...args: string[]): Promise<Outcome> {
  return run(process.execPath, [BIN, ...args], { ...process.env, ...env });
}

function run(file: string, args: readonly string[], env = process.env): Promise<Outcome> {
  return new Promise((done) => {
    execFile(file, args, { env }, (error, output, errors) => {
      done({ code: error?.code ?? 0, output, errors });
    });
  });
}
