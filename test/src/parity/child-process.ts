/** Runs a request in a child process: a native crash ends only that. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkRequest, WorkResult } from "./types.js";

const nodeWorker = fileURLToPath(new URL("./node-worker.js", import.meta.url));

/**
 * Runs a request through `@vaeport/infer` in a Node process of its own.
 *
 * @param environment variables that the native runtime reads at its start
 * @throws Error with what the process printed when it fails
 */
export function runInNode(
  request: WorkRequest,
  environment: Record<string, string> = {},
): Promise<WorkResult> {
  return runInProcess([process.execPath, nodeWorker], request, environment);
}

/** Runs a request through a command that takes a request file and a result file. */
export async function runInProcess(
  command: readonly [string, ...string[]],
  request: WorkRequest,
  environment: Record<string, string>,
): Promise<WorkResult> {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-parity-"));
  try {
    const requestFile = join(folder, "request.json");
    const resultFile = join(folder, "result.json");
    await writeFile(requestFile, JSON.stringify(request));
    await complete([...command, requestFile, resultFile], { ...process.env, ...environment });
    return JSON.parse(await readFile(resultFile, "utf8")) as WorkResult;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function complete([command, ...args]: [string, ...string[]], env: NodeJS.ProcessEnv) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
      });
    }
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`The runtime's process ended with ${signal ?? status}:\n${printed}`));
    });
  });
}
