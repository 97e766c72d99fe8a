/** The ways to say where a model is. */
import { InputError } from "./errors.js";
import { kind } from "./input.js";

/**
 * Where a model is: in Node the path of a model folder or of its `vae.json`; on every platform a URL that ends in
 * `/` or `vae.json` (relative ones are the page's; a query goes with every file); or the manifest and the files
 * themselves, by name.
 */
export type ModelSource = string | URL | InMemory;

/** A model out of memory: the parsed `vae.json`, and the graphs' bytes by file name. */
export interface InMemory {
  manifest: unknown;
  files: Readonly<Record<string, Uint8Array>>;
}

export function isInMemory(source: ModelSource): source is InMemory {
  return typeof source === "object" && "manifest" in source;
}

/** The source, files in memory copied: what is checked is what runs. Throws InputError for anything else. */
export function snapshot(source: ModelSource): ModelSource {
  if (typeof source === "string" || kind(source) === "URL") return source;
  const { manifest, files } = (source ?? {}) as Partial<InMemory>;
  if (manifest === undefined || kind(files) !== "Object") {
    throw new InputError(
      `loadVae: source: expected a path, a URL or { manifest, files }; got ${kind(files ?? source)}.`,
    );
  }
  const copies = Object.entries(files!).map(([name, bytes]) => [name, copy(bytes)] as const);
  return { manifest, files: Object.fromEntries(copies) };
}

/** The bytes of a view or buffer, in memory of their own. What has none stays, to be refused if the manifest names it. */
function copy(bytes: Uint8Array): Uint8Array {
  const { buffer = bytes, byteOffset, byteLength } = (bytes ?? {}) as Partial<Uint8Array>;
  return byteLength && /ArrayBuffer$/.test(kind(buffer))
    ? new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice()
    : bytes;
}
