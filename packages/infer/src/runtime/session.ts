/** The bridge to ONNX Runtime's JavaScript API, of which these interfaces state the part in use. */
import { InferError, RuntimeMissingError } from "../errors.js";
import type { Session, SessionOptions, Tensor } from "./types.js";

interface OrtTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    feeds: Record<string, OrtTensor>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** The module object of onnxruntime-node or onnxruntime-web. */
export interface Ort {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: OrtOptions): Promise<OrtSession>;
  };
  readonly env: {
    readonly versions: { readonly node?: string; readonly web?: string };
    readonly wasm: { numThreads?: number; wasmPaths?: string };
    readonly webgpu?: { readonly device?: { readonly lost?: Promise<unknown> } };
  };
}

interface OrtOptions extends SessionOptions {
  executionProviders: string[];
}

/** Imports a runtime's package, which must be a dynamic import for bundlers and for absent peers. */
export async function importRuntime(name: string, load: () => Promise<unknown>): Promise<Ort> {
  try {
    return (await load()) as Ort;
  } catch (cause) {
    throw new RuntimeMissingError(name, cause);
  }
}

export interface SessionSettings {
  provider: string;
  threads?: number | undefined;
  strict: boolean;
  /** Of the CPU's providers. */
  options?: SessionOptions | undefined;
}

/**
 * Creates a session on one provider. It is asked first to leave no node to the CPU, which is the one way to know
 * that none is; unless `strict`, a graph that cannot do without is then taken as it is. Nothing is logged, since
 * errors reach the caller.
 */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  { provider, threads, strict, options: given }: SessionSettings,
): Promise<Session> {
  const options: OrtOptions = { executionProviders: [provider], logSeverityLevel: 4 };
  if (threads !== undefined) options.intraOpNumThreads = threads;
  // These two are the CPU, and ONNX Runtime refuses to forbid it to them.
  if (provider === "cpu" || provider === "wasm") {
    const all = { ...options, ...given, executionProviders: [provider] };
    return wrap(ort, await ort.InferenceSession.create(model, all), true);
  }
  const alone = { ...options, extra: { session: { disable_cpu_ep_fallback: "1" } } };
  try {
    return wrap(ort, await ort.InferenceSession.create(model, alone), true);
  } catch (error) {
    if (strict || !/fallback to CPU EP/.test(String(error))) throw error;
    return wrap(ort, await ort.InferenceSession.create(model, options), false);
  }
}

function wrap(ort: Ort, session: OrtSession, wholeGraph: boolean): Session {
  return {
    inputNames: [...session.inputNames],
    outputNames: [...session.outputNames],
    wholeGraph,
    run: async (feeds, fetches) => {
      const inputs = Object.entries(feeds).map(
        ([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)] as const,
      );
      const outputs = await session.run(Object.fromEntries(inputs), fetches);
      return Object.fromEntries(fetches.map((name) => [name, received(name, outputs[name])]));
    },
    release: () => session.release(),
  };
}

/** An output as a tensor of its own: data that is a window into a larger buffer (a heap) is copied. */
function received(name: string, output: OrtTensor | undefined): Tensor {
  const data = output?.data;
  if (!(data instanceof Float32Array)) {
    throw new InferError(`ONNX Runtime gave no float32 values for output ${name}.`);
  }
  const owned = data.byteLength === data.buffer.byteLength ? data : data.slice();
  return { data: owned, shape: [...output!.dims] };
}
