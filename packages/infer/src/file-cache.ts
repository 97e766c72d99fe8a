/** Files kept between loads: graphs by their SHA-256, a manifest by its address for when the network is down. */
import { SourceError } from "./errors.js";
import { checkFile, sha256 } from "./graph-file.js";
import type { GraphFile } from "./manifest/types.js";

/**
 * Keeps files; pass your own as `cache` of `loadVae`. Keys are of letters, digits and dashes, 80 at most. `get` gives
 * undefined, or null, for what is not there.
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
  readonly #cache: FileCache | undefined;
  readonly report: { offline: boolean; cached: string[]; cacheError?: string } = {
    offline: false,
    cached: [],
  };

  private constructor(cache: FileCache | undefined) {
    this.#cache = cache;
  }

  /** `open` gives the cache, or throws where there is none. */
  static async open(open: (() => Promise<FileCache>) | undefined): Promise<NotedCache> {
    if (open === undefined) return new NotedCache(undefined);
    try {
      return new NotedCache(await open());
    } catch (error) {
      const cache = new NotedCache(undefined);
      cache.#note(error);
      return cache;
    }
  }

  /** A manifest from the network, kept if it parses, or the one kept last when the network or the server fails. */
  async manifest<T>(
    address: string,
    read: () => Promise<Uint8Array>,
    parse: (bytes: Uint8Array) => T,
  ): Promise<T> {
    if (this.#cache === undefined) return parse(await read());
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
      return parse(kept);
    }
  }

  /** A graph, checked: out of the cache when what is kept there is that file, else read and kept. */
  async graph(file: GraphFile, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (this.#cache === undefined) return checkFile(file, await read());
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

  async #get(key: string): Promise<Uint8Array | null | undefined> {
    try {
      return await this.#cache?.get(key);
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  async #put(key: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#cache?.put(key, bytes);
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    this.report.cacheError ??= error instanceof Error ? error.message : String(error);
  }
}
