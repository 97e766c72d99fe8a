/** The choice of an execution provider: ordered attempts, one provider each, and a report of what they gave. */
import {
  type Attempt,
  InferError,
  InputError,
  ModelFileError,
  ProviderError,
  RuntimeMissingError,
  UnknownProviderError,
} from "./errors.js";
import type { FileReport } from "./file-cache.js";
import { Graphs } from "./graphs.js";
import { shown } from "./input.js";
import type { Adapter, Runtime, SessionOptions } from "./runtime/types.js";
import type { Model, Precision } from "./source.js";
import { verify } from "./verify.js";

/** Names that this package knows; a runtime may list more. */
export const PROVIDERS = [
  "cpu",
  "cuda",
  "webgpu",
  "wasm",
  "tensorrt",
  "dml",
  "coreml",
  "webnn",
] as const;

/** An execution provider of ONNX Runtime; a runtime may list more than the ones named here. */
export type ProviderName = (typeof PROVIDERS)[number] | (string & {});

/** Which providers to try, and how hard. */
export interface ProviderOptions {
  /**
   * A provider, or several in order of preference. `auto`, the default: in Node cuda then cpu, in browsers webgpu
   * (on a real GPU) then wasm.
   */
  provider?: "auto" | ProviderName | readonly ProviderName[];
  /** The first provider must be the one that runs, and run every node of every graph itself; else ProviderError. */
  strict?: boolean;
  /**
   * Threads of cpu and wasm, 256 at most; ONNX Runtime's own choice by default. The first load of a page decides wasm's.
   */
  threads?: number;
  /** Compare each provider with the numbers stored in the manifest before taking it; true by default. */
  verify?: boolean;
  /** Which of the model's variants; float32 by default. InputError names those there are. */
  precision?: Precision;
  /** Larger batches are run in parts of this many items, with the same numbers in less memory. */
  maxBatch?: number;
  /**
   * Worker threads that share the runs, so that the event loop stays free: Node's `cpu` provider only, 16 for each
   * processor at most. Each has sessions of its own, and `threads` (1 by default) is of each. Await `dispose` before
   * `process.exit`: ONNX Runtime aborts a process that exits inside a worker's run.
   */
  workers?: number;
  /** Handed to ONNX Runtime for the cpu and wasm providers, over what this package would set. */
  sessionOptions?: SessionOptions;
  /**
   * The address of the folder with onnxruntime-web's .wasm and .mjs files, when no bundler has placed them; relative
   * ones are the page's. They are never fetched from elsewhere. Browsers only; the first load of a page decides.
   */
  wasmPaths?: string;
  /** Gives the load up: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What runs a model, and how it was found. */
export interface RuntimeReport {
  requested: "auto" | ProviderName | readonly ProviderName[];
  chosen: ProviderName;
  /** In the order tried; the last one is the one chosen. */
  attempts: readonly Attempt[];
  /** True when the provider runs every node of every graph; false when ONNX Runtime left some to the CPU. */
  wholeGraph: boolean;
  precision: Precision;
  /** True when the provider gave the numbers stored in the manifest. */
  verified: boolean;
  /** npm package of ONNX Runtime. */
  package: string;
  version: string;
  /** Null where the runtime does not tell. */
  threads: number | null;
  /** Worker threads that share the runs; 0 when they run on the calling thread. */
  workers: number;
  /** The GPU, where the browser tells; null elsewhere. */
  adapter: Adapter | null;
  /** Why `adapter` is null although the provider runs on one; absent otherwise. */
  adapterReason?: string;
  /** Where the model's files came from. */
  files: FileReport;
}

/** A model's sessions and how they were found. */
export interface OpenModel {
  graphs: Graphs;
  report: RuntimeReport;
}

/** Tries the providers in order until one runs the model. Throws ProviderError when none does. */
export async function openModel(
  model: Model,
  runtime: Runtime,
  options: ProviderOptions,
): Promise<OpenModel> {
  const { provider: requested = "auto" } = options;
  const available = await runtime.providers();
  const names = requestedNames(requested, available, runtime);
  const attempts: Attempt[] = [];
  const causes: unknown[] = [];
  for (const name of names) {
    const start = performance.now();
    const note = (outcome: { ok: boolean; reason?: string }) =>
      attempts.push({ provider: name, ...outcome, milliseconds: performance.now() - start });
    options.signal?.throwIfAborted();
    try {
      if (!available.includes(name)) {
        const remedy = runtime.remedies[name] ?? `It has ${available.join(", ")}.`;
        throw new InferError(`${runtime.package} has no provider ${name} here. ${remedy}`);
      }
      const { graphs, found } = await tryProvider(name, model, runtime, options);
      note({ ok: true });
      return { graphs, report: { requested, attempts, ...found } };
    } catch (error) {
      // These are about the installation, the model and the options: another provider would not help.
      if (
        error instanceof RuntimeMissingError ||
        error instanceof ModelFileError ||
        error instanceof InputError
      ) {
        throw error;
      }
      options.signal?.throwIfAborted();
      note({ ok: false, reason: (error instanceof Error ? error.message : String(error)).trim() });
      causes.push(error);
      if (options.strict) break;
    }
  }
  throw failure(attempts, causes, attempts.length < names.length);
}

function failure(attempts: Attempt[], causes: unknown[], stopped: boolean): ProviderError {
  const tried = attempts.map(({ provider, reason }) => `${provider}: ${reason}`).join("\n  ");
  const rest = stopped ? "\n`strict` forbids the fallback to the providers after it." : "";
  return new ProviderError(
    `No execution provider runs the model.\n  ${tried}${rest}`,
    attempts,
    causes,
  );
}

/** The names to try. A misspelt one throws at once, before any attempt. */
function requestedNames(
  requested: NonNullable<ProviderOptions["provider"]>,
  available: readonly string[],
  runtime: Runtime,
): readonly ProviderName[] {
  if (requested === "auto") return runtime.auto;
  const names = [requested].flat();
  const known: readonly string[] = [...available, ...PROVIDERS];
  if (names.length > 0 && names.every((name) => known.includes(name))) return names;
  throw new UnknownProviderError(
    `provider: expected "auto" or names such as ${available.join(", ")}; got ${names.map(shown).join(", ") || "none"}.`,
  );
}

async function tryProvider(
  name: ProviderName,
  model: Model,
  runtime: Runtime,
  options: ProviderOptions,
): Promise<{ graphs: Graphs; found: Omit<RuntimeReport, "requested" | "attempts"> }> {
  const { threads, workers, sessionOptions, wasmPaths, signal, precision = "float32" } = options;
  const { provider: requested = "auto", strict = false, verify: verified = true } = options;
  const { maxBatch = Number.POSITIVE_INFINITY } = options;
  const folder = wasmPaths === undefined ? undefined : folderAddress(wasmPaths, runtime);
  const automatic = requested === "auto";
  const wishes = { threads, automatic, workers, sessionOptions, wasmPaths: folder };
  const provider = await runtime.open(name, wishes);
  const graphs = await Graphs.create(model, provider, { strict, maxBatch, signal });
  try {
    if (verified) await verify(graphs, model);
    signal?.throwIfAborted();
  } catch (error) {
    await graphs.release();
    throw error;
  }
  const found = {
    chosen: name,
    wholeGraph: graphs.wholeGraph,
    precision,
    verified,
    package: runtime.package,
    version: provider.version,
    threads: provider.threads(),
    workers: workers ?? 0,
    adapter: provider.adapter,
    ...(provider.adapterReason !== undefined && { adapterReason: provider.adapterReason }),
    files: model.files,
  };
  return { graphs, found };
}

/** The absolute address of a folder, of which file names make addresses wherever they are read: in a worker, too. */
function folderAddress(folder: string, runtime: Runtime): string {
  return runtime.resolve(folder).href.replace(/\/?$/, "/");
}
