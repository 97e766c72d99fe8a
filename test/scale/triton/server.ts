/** Starts the real Triton server on model repositories, on loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installTriton } from "../../../scripts/lib/triton.mjs";
import { freePort } from "../free-port.js";

const BACKENDS = fileURLToPath(new URL("backends", import.meta.url));
const START_MILLISECONDS = 180_000;

export interface TritonServer {
  /** Address of the HTTP endpoint. */
  url: string;
  stop: () => Promise<void>;
}

/** Throws with the server's log where it ends before it is ready. */
export async function startTriton(repositories: readonly string[]): Promise<TritonServer> {
  const { binary, pythonBackend, env } = await installTriton();
  const port = await freePort();
  const backends = mkdtempSync(join(tmpdir(), "vaeport-backends-"));
  cpSync(BACKENDS, backends, { recursive: true });
  symlinkSync(pythonBackend, join(backends, "python"));
  const args = [
    ...repositories.flatMap((folder) => ["--model-repository", folder]),
    ...["--backend-directory", backends, "--disable-auto-complete-config"],
    ...["--http-address", "127.0.0.1", "--http-port", String(port)],
    ...["--allow-grpc", "false", "--allow-metrics", "false"],
    // On a busy machine, Python processes that start together outlast the server's patience, and it aborts.
    ...["--model-load-thread-count", "1"],
    ...["python", "onnxruntime"].flatMap((name) => [
      "--backend-config",
      `${name},stub-timeout-seconds=120`,
    ]),
  ];
  const child = spawn(binary, args, { env: { ...process.env, ...env } });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      log += data;
    });
  }
  const stop = async () => {
    await end(child);
    rmSync(backends, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, child);
  } catch (cause) {
    await stop();
    throw new Error(`${(cause as Error).message}\n${log}`, { cause });
  }
  return { url, stop };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (const started = Date.now(); Date.now() - started < START_MILLISECONDS; await sleep(200)) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`Triton ended with ${ended}.`);
    const answer = await fetch(`${url}/v2/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`Triton was not ready after ${START_MILLISECONDS / 1000} s.`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await closed;
}
