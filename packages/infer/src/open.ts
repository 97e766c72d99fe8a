/** Opening a model, which is all that a load needs and no later call: bundlers make it a file of its own. */
import { runtime as platformRuntime } from "#runtime";
import { InputError } from "./errors.js";
import { requireWhole, shown } from "./input.js";
import type { VaeManifest } from "./manifest/types.js";
import type { ModelSource } from "./model-source.js";
import { type OpenModel, openModel, type ProviderOptions } from "./providers.js";
import type { Runtime } from "./runtime/types.js";
import { type ReadSettings, readModel } from "./source.js";

export interface Opened extends OpenModel {
  manifest: VaeManifest;
  pictures: Runtime["pictures"];
}

/** A machine that is asked for thousands comes to a halt. */
const MOST_THREADS = 256;
/** What a timer takes; beyond it, it fires at once. */
const MOST = 2 ** 31 - 1;

const OPTIONS =
  "provider strict threads verify precision maxBatch workers sessionOptions wasmPaths runtime onProgress cache timeout";

/** Reads a model and opens it on the first provider that runs it. */
export async function open(
  source: ModelSource,
  options: ProviderOptions & ReadSettings & { runtime?: Runtime },
): Promise<Opened> {
  const names = ["signal", ...OPTIONS.split(" ")];
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new InputError(`loadVae: ${unknown}: expected an option out of ${names.join(", ")}.`);
  }
  for (const name of ["threads", "maxBatch", "workers", "timeout"] as const) {
    const most = name === "threads" ? MOST_THREADS : MOST;
    if (options[name] !== undefined) requireWhole(`loadVae: ${name}`, options[name], 1, most);
  }
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
