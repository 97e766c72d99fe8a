/** Examines this machine: packages, and each provider tried in a process of its own. */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { libraryFile, runtime } from "../runtime/node.js";
import { diagnose, passedStages } from "./diagnose.js";
import type { ProbeResult } from "./probe-main.js";
import type { DoctorReport, PackageReport, ProviderReport } from "./types.js";

const PROBE = fileURLToPath(new URL("probe-main.js", import.meta.url));
const TIMEOUT_MILLISECONDS = 60_000;
const CUDA_LIBRARIES = ["onnxruntime_providers_shared", "onnxruntime_providers_cuda"];

interface OwnPackage {
  version: string;
  peerDependencies: Record<string, string>;
}

/** Reports on one provider, or on all that Node can have; rejects when the signal is aborted. */
export async function examine(only?: string, signal?: AbortSignal): Promise<DoctorReport> {
  const own = createRequire(import.meta.url)("../../package.json") as OwnPackage;
  const wanted = Object.entries(own.peerDependencies);
  const packages = await Promise.all(wanted.map(([name, range]) => findPackage(name, range)));
  const providers: ProviderReport[] = [];
  // One after another: two WebGPU processes on a small machine get in each other's way.
  for (const name of only === undefined ? await nodeProviders() : [only]) {
    providers.push(await examineProvider(name, signal));
  }
  return {
    version: own.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    processors: availableParallelism(),
    packages,
    providers,
  };
}

async function nodeProviders(): Promise<string[]> {
  const native = await runtime.providers().catch(() => ["cpu"]);
  // Few want TensorRT, and it fails wherever CUDA does: ask for it by name.
  const asked = native.filter((name) => name !== "tensorrt");
  return [...new Set([...asked, "cuda", "wasm"])];
}

async function findPackage(name: string, wanted: string): Promise<PackageReport> {
  try {
    const text = await readFile(packageFile(name), "utf8");
    return { name, wanted, version: (JSON.parse(text) as { version: string }).version };
  } catch {
    return { name, wanted, version: null };
  }
}

/** The package.json of a package that may not export it: the nearest one above its entry. */
function packageFile(name: string): URL {
  const entry = import.meta.resolve(name);
  const end = entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length;
  return new URL("package.json", entry.slice(0, end));
}

async function examineProvider(
  provider: string,
  signal: AbortSignal | undefined,
): Promise<ProviderReport> {
  const { result, output, crash } = await tryInProcess(provider, signal);
  const about = {
    provider,
    package: provider === "wasm" ? "onnxruntime-web" : "onnxruntime-node",
    milliseconds: result?.milliseconds ?? 0,
    threads: result?.ok ? result.threads : null,
    notes: notesOn(provider),
  };
  if (result?.ok) return { ...about, ok: true };
  const message = result?.message.trim() ?? "";
  const failure = {
    output: `${message}\n${output}`,
    platform: `${process.platform}-${process.arch}`,
    crash,
    missingLibraries: provider === "cuda" ? missingCudaLibraries() : [],
  };
  const reason = [message, output.trim()].filter((part) => part !== "").join("\n");
  const remedy = diagnose(provider, failure);
  return { ...about, ok: false, reason, remedy, passed: passedStages(provider, remedy.stage) };
}

function notesOn(provider: string): string[] {
  if (provider === "webgpu") {
    return ["ONNX Runtime does not tell which adapter it takes in Node, nor lets one be chosen."];
  }
  if (provider === "wasm") {
    return [
      "In browsers threads need cross-origin isolation: the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
    ];
  }
  return [];
}

function missingCudaLibraries(): string[] {
  try {
    return CUDA_LIBRARIES.filter((stem) => !existsSync(libraryFile(stem))).map((s) => `lib${s}.so`);
  } catch {
    // Without onnxruntime-node there is no folder to look into; the try has said so.
    return [];
  }
}

interface Tried {
  result: ProbeResult | undefined;
  /** What the process printed. */
  output: string;
  /** How the process ended, when not by itself. */
  crash: string | undefined;
}

function tryInProcess(provider: string, signal: AbortSignal | undefined): Promise<Tried> {
  return new Promise((resolve, reject) => {
    const child = fork(PROBE, [provider], {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      timeout: TIMEOUT_MILLISECONDS,
      ...(signal !== undefined && { signal }),
    });
    let result: ProbeResult | undefined;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.on("message", (message) => {
      result = message as ProbeResult;
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      const crash = result === undefined ? (signal ?? `status ${status}`) : undefined;
      resolve({ result, output: plain(output), crash });
    });
  });
}

/** Without the colours of a terminal. */
function plain(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
}
