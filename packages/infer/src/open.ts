/** Opening a model, which is all that a load needs and no later call: bundlers make it a file of its own. */
import { runtime as platformRuntime } from "#runtime";
import { InputError } from "./errors.js";
import { requireWhole, shown } from "./input.js";
import type { LoadOptions } from "./load-vae.js";
import type { VaeManifest } from "./manifest/types.js";
import type { ModelSource } from "./model-source.js";
import { type OpenModel, openModel } from "./providers.js";
import type { Runtime } from "./runtime/types.js";
import { readModel } from "./source.js";

export interface Opened extends OpenModel {
  manifest: VaeManifest;
  pictures: Runtime["pictures"];
}

/** What a timer takes; beyond it, it fires at once. */
const MOST = 2 ** 31 - 1;

/**
 * Every option: the most of one that counts something, else its type, or nothing where a later check knows more. A
 * machine comes to a halt of thousands of threads.
 */
const OPTIONS: Readonly<Record<keyof LoadOptions, number | string>> = {
  signal: "",
  provider: "",
  strict: "a boolean",
  threads: 256,
  verify: "a boolean",
  precision: "",
  maxBatch: MOST,
  workers: MOST,
  sessionOptions: "an object",
  wasmPaths: "a string",
  runtime: "",
  onProgress: "a function",
  cache: "",
  timeout: MOST,
};

function requireOption(name: string, value: unknown): void {
  const where = `loadVae: ${name}`;
  if (!Object.hasOwn(OPTIONS, name)) {
    const names = Object.keys(OPTIONS).join(", ");
    throw new InputError(`${where}: expected an option out of ${names}.`);
  }
  const rule = OPTIONS[name as keyof LoadOptions];
  if (value === undefined || rule === "") return;
  if (typeof rule === "number") requireWhole(where, value, 1, rule);
  else if (!rule.endsWith(typeof value)) {
    throw new InputError(`${where}: expected ${rule}; got ${shown(value)}.`);
  }
}

/** Reads a model and opens it on the first provider that runs it. */
export async function open(source: ModelSource, options: LoadOptions): Promise<Opened> {
  for (const [name, value] of Object.entries(options)) requireOption(name, value);
  const { runtime = platformRuntime, precision = "float32" } = options;
  if (typeof runtime?.open !== "function") {
    throw new InputError(
      `loadVae: runtime: expected a Runtime, such as wasmRuntime; got ${shown(runtime)}. ` +
        'import { wasmRuntime } from "@vaeport/infer/wasm", or leave it out.',
    );
  }
  if (options.workers !== undefined && !runtime.workers) {
    throw new InputError("loadVae: workers: only Node's own runtime has them. Leave them out.");
  }
  const model = await readModel(source, runtime, precision, options);
  const opened = await openModel(model, runtime, options);
  return { ...opened, manifest: model.manifest, pictures: runtime.pictures };
}
