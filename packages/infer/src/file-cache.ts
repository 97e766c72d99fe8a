/** Files kept between loads: graphs by their SHA-256, a manifest by its address for when the network is down. */
import { InputError, SourceError } from "./errors.js";
import { checkFile, sha256 } from "./graph-file.js";
import { kind } from "./input.js";
import type { GraphFile } from "./manifest/types.js";

/**
 * Keeps files; pass your own as `cache` of `loadVae`. Keys are of letters, digits and dashes, 80 at most. `get` gives
 * undefined, or null, for what is not there; anything else than bytes is taken for that, with a note in `cacheError`.
 */
export interface FileCache {
  get(key: string): Promise<Uint8Array | null | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** Where a model's files came from. */
export interface FileReport {
  /** True when vae.json could not be fetched and the one kept last was taken. */
  offline: boolean;
  /** Graph files that came out of the cache. */
  cached: readonly string[];
  /** Why the cache could not be read or written, such as a full disk; the load went on without it. */
  cacheError?: string;
}

/** A cache that may be absent, whose failures are noted and not thrown. */
export class NotedCache {
  readonly #cache: Promise<FileCache | undefined>;
  readonly report: { offline: boolean; cached: string[]; cacheError?: string } = {
    offline: false,
    cached: [],
  };

  /** `open` gives the cache, or throws where there is none. */
  constructor(open?: () => Promise<FileCache>) {
    this.#cache = this.#noted(async () => open?.());
  }

  /** A manifest from the network, kept if it parses, or the one kept last when the network or the server fails. */
  async manifest<T>(
    address: string,
    read: () => Promise<Uint8Array>,
    parse: (bytes: Uint8Array) => T,
  ): Promise<T> {
    const key = `vae-json-${await sha256(new TextEncoder().encode(address))}`;
    try {
      const bytes = await read();
      const manifest = parse(bytes);
      await this.#put(key, bytes);
      return manifest;
    } catch (error) {
      const kept = error instanceof SourceError && error.transient && (await this.#get(key));
      if (!kept) throw error;
      this.report.offline = true;
      try {
        return parse(kept);
      } catch (damage) {
        throw new SourceError(
          `${(error as Error).message} The copy in the cache (${key}) is damaged; a load with the network mends it.`,
          { cause: new AggregateError([error, damage]), transient: true },
        );
      }
    }
  }

  /** A graph, checked: out of the cache when what is kept there is that file, else read and kept. */
  async graph(file: GraphFile, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const key = `graph-${file.sha256}`;
    const kept = await this.#get(key);
    if (kept && (await sha256(kept)) === file.sha256) {
      this.report.cached.push(file.file);
      return kept;
    }
    const bytes = await checkFile(file, await read());
    await this.#put(key, bytes);
    return bytes;
  }

  /** What is kept; memory that threads share does not count, since it may change once it is checked. */
  #get(key: string): Promise<Uint8Array | null | undefined> {
    return this.#noted(async () => {
      const kept = await (await this.#cache)?.get(key);
      const types = [kind(kept), kind(kept?.buffer)];
      if (kept == null || types.join() === "Uint8Array,ArrayBuffer") return kept;
      throw new InputError(
        `cache: get("${key}"): expected an unshared Uint8Array; got ${types[0]}.`,
      );
    });
  }

  async #put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#noted(async () => (await this.#cache)?.put(key, bytes));
  }

  async #noted<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      this.report.cacheError ??= error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }
}
