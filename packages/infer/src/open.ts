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

/** Every option, and the most that those take which count something. A machine comes to a halt of thousands of threads. */
const OPTIONS: Readonly<Record<keyof LoadOptions, number>> = {
  signal: 0,
  provider: 0,
  strict: 0,
  threads: 256,
  verify: 0,
  precision: 0,
  maxBatch: MOST,
  workers: MOST,
  sessionOptions: 0,
  wasmPaths: 0,
  runtime: 0,
  onProgress: 0,
  cache: 0,
  timeout: MOST,
};

/** Reads a model and opens it on the first provider that runs it. */
export async function open(source: ModelSource, options: LoadOptions): Promise<Opened> {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      const names = Object.keys(OPTIONS).join(", ");
      throw new InputError(`loadVae: ${name}: expected an option out of ${names}.`);
    }
    const most = OPTIONS[name as keyof LoadOptions];
    if (most > 0 && value !== undefined) requireWhole(`loadVae: ${name}`, value, 1, most);
  }
  const { runtime = platformRuntime, precision = "float32", onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new InputError(`loadVae: onProgress: expected a function; got ${shown(onProgress)}.`);
  }
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
