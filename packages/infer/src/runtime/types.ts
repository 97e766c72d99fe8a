/** What this package needs of an ONNX Runtime: implement `Runtime` to bring another one. */
import type { FileCache } from "../file-cache.js";
import type { DataSection } from "../manifest/types.js";
import type { Queue } from "../queue.js";

/** Row-major float32 values and their shape; the first axis is the batch. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

/** A class of the platform's, where its declarations are there: `GPUBuffer` with TypeScript's DOM library. */
type Platform<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer T }> ? T : unknown;

/**
 * Row-major float32 values that stay on the GPU. They are the caller's to dispose of, once, and before the model.
 * A buffer may be longer than its tensor: `shape` counts.
 */
export interface GpuTensor {
  /** Of usage STORAGE, COPY_SRC and COPY_DST. */
  readonly buffer: Platform<"GPUBuffer">;
  /** The device that the buffer belongs to. */
  readonly device: Platform<"GPUDevice">;
  readonly shape: number[];
  dispose(): void;
}

/** A browser's picture: ImageData, an ImageBitmap, a canvas (on the page or off screen). */
export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** ONNX Runtime's session options of the `cpu` and `wasm` providers, handed through as they are. */
export interface SessionOptions {
  graphOptimizationLevel?: "disabled" | "basic" | "extended" | "layout" | "all";
  intraOpNumThreads?: number;
  interOpNumThreads?: number;
  executionMode?: "sequential" | "parallel";
  enableCpuMemArena?: boolean;
  enableMemPattern?: boolean;
  logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  /** Configuration entries by name, such as `{ session: { intra_op: { allow_spinning: "0" } } }`. */
  extra?: Record<string, unknown>;
}

/** One loaded graph. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** True when the provider runs every node, false when ONNX Runtime left some to the CPU. */
  readonly wholeGraph: boolean;
  /** Runs the graph and gives the outputs named in `fetches`; they own their memory. */
  run(feeds: Feeds, fetches: readonly string[]): Promise<Record<string, Tensor>>;
  /** The same, with outputs that stay on the GPU; absent where they cannot. */
  runOnGpu?(feeds: Feeds, fetches: readonly string[]): Promise<Record<string, GpuTensor>>;
  release(): Promise<void>;
}

/** Inputs by name; those on the GPU come from a session with `runOnGpu`. */
export type Feeds = Record<string, Tensor | GpuTensor>;

/** The GPU behind a provider, as far as the browser tells. */
export interface Adapter {
  vendor: string;
  architecture: string;
  description: string;
  /** True for a GPU emulated on the CPU, such as SwiftShader. */
  software: boolean;
}

/** An execution provider that is there and may be tried. */
export interface OpenProvider {
  /** Version of the runtime's package. */
  readonly version: string;
  /** Null where there is no GPU, or none that can be asked for (Node). */
  readonly adapter: Adapter | null;
  /** Why a provider on a GPU cannot say which one. */
  readonly adapterReason?: string;
  /** Every session is created, run and released through this queue. */
  readonly queue: Queue;
  /** `strict`: fail unless the provider runs every node itself. */
  createSession(model: Uint8Array, strict: boolean): Promise<Session>;
  /** Threads in use once a session exists; null where the runtime does not tell. */
  threads(): number | null;
  /** Asked once sessions exist: settles when the device under them is lost; undefined where that cannot be told. */
  lost?(): Promise<unknown> | undefined;
  /** Ends what the provider holds besides its sessions, which are released by then. */
  close?(): Promise<void>;
}

/** What a runtime is told when it opens a provider. */
export interface OpenOptions {
  threads: number | undefined;
  /** True when `auto` asks: providers that work but do not pay are then refused. */
  automatic: boolean;
  /** Worker threads that share the runs; only for a runtime with `workers`. */
  workers?: number | undefined;
  sessionOptions?: SessionOptions | undefined;
  /** Where a browser finds onnxruntime-web's .wasm and .mjs files; absent: where the bundler put them. */
  wasmPaths?: string | undefined;
}

/** How a file is read. */
export interface ReadOptions {
  signal?: AbortSignal | undefined;
  /** Called as the file comes in, with the bytes so far; a file that is tried again begins anew. */
  onBytes?: ((loaded: number) => void) | undefined;
  /** Milliseconds without a byte after which a file is tried again; 30 000 by default. */
  timeout?: number | undefined;
}

/** One build of ONNX Runtime and the platform it runs on. */
export interface Runtime {
  /** Its npm package. */
  readonly package: string;
  /** What `auto` tries, in order. */
  readonly auto: readonly string[];
  /** For providers that this runtime never has: what to do instead. */
  readonly remedies: Readonly<Record<string, string>>;
  /** The providers it was built with. Throws RuntimeMissingError. */
  providers(): Promise<readonly string[]>;
  /** Throws an error that says why the provider cannot run here; RuntimeMissingError ends all attempts. */
  open(provider: string, options: OpenOptions): Promise<OpenProvider>;
  /** The absolute URL that a caller's string means on this platform. */
  resolve(source: string): URL;
  /** The bytes at a URL. Throws SourceError, also when there are more than `limit`; on abort, the signal's reason. */
  read(url: URL, limit: number, options?: ReadOptions): Promise<Uint8Array>;
  /** The platform's own cache of files, for `cache: true`. */
  openCache?(): Promise<FileCache>;
  /** True where `open` takes `workers`. */
  readonly workers?: boolean;
  /** Pictures as items of data, [n, ...data.shape]; absent where the platform has none. Throws InputError. */
  pictures?(where: string, pictures: Picture[], data: DataSection, resize: boolean): Tensor;
}
