/** What this package needs of an ONNX Runtime: implement `Runtime` to bring another one. */
import type { Queue } from "../queue.js";

/** Row-major float32 values and their shape; the first axis is the batch. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

/** One loaded graph. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** True when the provider runs every node, false when ONNX Runtime left some to the CPU. */
  readonly wholeGraph: boolean;
  /** Runs the graph and gives the outputs named in `fetches`; they own their memory. */
  run(feeds: Record<string, Tensor>, fetches: readonly string[]): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

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
  /** Every session is created, run and released through this queue. */
  readonly queue: Queue;
  /** `strict`: fail unless the provider runs every node itself. */
  createSession(model: Uint8Array, strict: boolean): Promise<Session>;
  /** Threads in use once a session exists; null where the runtime does not tell. */
  threads(): number | null;
}

export interface OpenOptions {
  threads: number | undefined;
  /** True when `auto` asks: providers that work but do not pay are then refused. */
  automatic: boolean;
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
  /** The bytes at a URL. Throws SourceError, also when there are more than `limit`. */
  read(url: URL, limit: number): Promise<Uint8Array>;
}
