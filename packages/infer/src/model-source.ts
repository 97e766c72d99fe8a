/** The ways to say where a model is. */

/**
 * Where a model is: in Node the path of a model folder or of its `vae.json`; on every platform a URL that ends in
 * `/` or `vae.json` (relative ones are the page's); or the manifest and the files themselves, by name.
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

/** Files out of memory, copied, so that what is checked is what runs. */
export function snapshot(source: ModelSource): ModelSource {
  if (!isInMemory(source)) return source;
  const files = Object.entries(source.files).map(
    ([name, bytes]) => [name, new Uint8Array(bytes)] as const,
  );
  return { manifest: source.manifest, files: Object.fromEntries(files) };
}
