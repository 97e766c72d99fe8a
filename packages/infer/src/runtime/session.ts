/** The bridge to ONNX Runtime's JavaScript API, of which these interfaces state the part in use. */
import { InferError, RuntimeMissingError } from "../errors.js";
import type { Feeds, GpuTensor, Session, SessionOptions, Tensor } from "./types.js";

interface OrtTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A tensor on the GPU, whose `data` throws. */
interface OrtGpuTensor extends OrtTensor {
  readonly gpuBuffer: unknown;
  getData(): Promise<unknown>;
  dispose(): void;
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
  preferredOutputLocation?: "gpu-buffer";
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
  /** True where outputs can stay on the GPU and be read from there: onnxruntime-web's webgpu. */
  onGpu?: boolean;
}

/**
 * Creates a session on one provider. It is asked first to leave no node to the CPU, which is the one way to know
 * that none is; unless `strict`, a graph that cannot do without is then taken as it is. Nothing is logged, since
 * errors reach the caller.
 */
export async function createSession(
  ort: Ort,
  model: Uint8Array,
  { provider, threads, strict, options: given, onGpu = false }: SessionSettings,
): Promise<Session> {
  const options: OrtOptions = { executionProviders: [provider], logSeverityLevel: 4 };
  if (threads !== undefined) options.intraOpNumThreads = threads;
  if (onGpu) options.preferredOutputLocation = "gpu-buffer";
  // These two are the CPU, and ONNX Runtime refuses to forbid it to them.
  if (provider === "cpu" || provider === "wasm") {
    const all = { ...options, ...given, executionProviders: [provider] };
    return wrap(ort, await ort.InferenceSession.create(model, all), true);
  }
  const alone = { ...options, extra: { session: { disable_cpu_ep_fallback: "1" } } };
  try {
    return wrap(ort, await ort.InferenceSession.create(model, alone), true, onGpu);
  } catch (error) {
    if (strict || !/fallback to CPU EP/.test(String(error))) throw error;
    return wrap(ort, await ort.InferenceSession.create(model, options), false, onGpu);
  }
}

function wrap(ort: Ort, session: OrtSession, wholeGraph: boolean, onGpu = false): Session {
  const run = (feeds: Feeds, fetches: readonly string[]) => {
    const inputs: Record<string, OrtTensor> = {};
    for (const name in feeds) inputs[name] = handed(ort, feeds[name]!);
    return session.run(inputs, fetches);
  };
  const runOnGpu = run as (...call: Parameters<typeof run>) => Promise<OrtGpuOutputs>;
  return {
    inputNames: [...session.inputNames],
    outputNames: [...session.outputNames],
    wholeGraph,
    run: async (feeds, fetches) => {
      const received = onGpu
        ? await download(await runOnGpu(feeds, fetches))
        : await run(feeds, fetches);
      const outputs: Record<string, Tensor> = {};
      for (const name of fetches) outputs[name] = owned(name, received[name]);
      return outputs;
    },
    ...(onGpu && {
      runOnGpu: async (feeds: Feeds, fetches: readonly string[]) => {
        const outputs = await runOnGpu(feeds, fetches);
        const { device } = ort.env.webgpu!;
        return Object.fromEntries(fetches.map((name) => [name, resident(outputs[name]!, device)]));
      },
    }),
    release: () => session.release(),
  };
}

type OrtGpuOutputs = Readonly<Record<string, OrtGpuTensor>>;
type OrtOutputs = Readonly<Record<string, OrtTensor>>;

/** An output left on the GPU, which another session may take as it is. */
interface Resident extends GpuTensor {
  readonly output: OrtGpuTensor;
}

function resident(output: OrtGpuTensor, device: unknown): Resident {
  const buffer = output.gpuBuffer as GpuTensor["buffer"];
  const shape = [...output.dims];
  return {
    output,
    buffer,
    device: device as GpuTensor["device"],
    shape,
    dispose: () => output.dispose(),
  };
}

/** A tensor as ONNX Runtime takes it. */
function handed(ort: Ort, value: Tensor | GpuTensor): OrtTensor {
  if ("data" in value) return new ort.Tensor("float32", value.data, value.shape);
  return (value as Resident).output;
}

/** Reads outputs back from the GPU and frees them there. */
async function download(outputs: OrtGpuOutputs): Promise<OrtOutputs> {
  const read: Record<string, OrtTensor> = {};
  for (const [name, output] of Object.entries(outputs)) {
    try {
      read[name] = { data: await output.getData(), dims: output.dims };
    } finally {
      output.dispose();
    }
  }
  return read;
}

/** An output as a tensor of its own: data that is a window into a larger buffer (a heap) is copied. */
function owned(name: string, output: OrtOutputs[string] | undefined): Tensor {
  const data = output?.data;
  if (!(data instanceof Float32Array)) {
    throw new InferError(`ONNX Runtime gave no float32 values for output ${name}.`);
  }
  const own = data.byteLength === data.buffer.byteLength ? data : data.slice();
  return { data: own, shape: [...output!.dims] };
}
