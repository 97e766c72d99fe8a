/** Finding a model: its manifest and its graph files, sizes and SHA-256 checked. */
import { InputError, SourceError } from "./errors.js";
import { type FileCache, type FileReport, NotedCache } from "./file-cache.js";
import { checkFile } from "./graph-file.js";
import { kind, shown } from "./input.js";
import { parseManifest } from "./manifest/parse.js";
import type { GraphFile, GraphName, VaeManifest, Variant } from "./manifest/types.js";
import { isInMemory, type ModelSource } from "./model-source.js";
import type { Runtime } from "./runtime/types.js";

/** The precision of a model's weights; a model has float32 and perhaps others. */
export type Precision = keyof VaeManifest["variants"];

export interface Model {
  manifest: VaeManifest;
  variant: Variant;
  graphs: Record<GraphName, Uint8Array>;
  files: FileReport;
}

const MAX_MANIFEST_BYTES = 2 ** 26;

/** How far the graphs of a model have come in, in bytes. */
export interface Progress {
  loaded: number;
  total: number;
}

export interface ReadSettings {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  cache?: boolean | FileCache | undefined;
  timeout?: number | undefined;
}

/** Reads the manifest, then the graphs of one of its variants. */
export async function readModel(
  source: ModelSource,
  runtime: Runtime,
  precision: Precision,
  settings: ReadSettings,
): Promise<Model> {
  if (!isInMemory(source)) {
    const url = manifestUrl(typeof source === "string" ? runtime.resolve(source) : source);
    return readFrom(url, runtime, precision, settings);
  }
  const manifest = parseManifest(source.manifest);
  const variant = pickVariant(manifest, precision);
  const read = async (graph: GraphFile) => checkFile(graph, givenBytes(source.files, graph));
  const files = { offline: false, cached: [] };
  return { manifest, variant, graphs: await readGraphs(variant, read), files };
}

async function readFrom(
  url: URL,
  runtime: Runtime,
  precision: Precision,
  { signal, timeout, onProgress, cache: wanted = false }: ReadSettings,
): Promise<Model> {
  const cache = new NotedCache(cacheFor(url, runtime, wanted));
  const manifest = await cache.manifest(
    url.href,
    () => runtime.read(url, MAX_MANIFEST_BYTES, { signal, timeout }),
    (bytes) => parseManifest(parseJson(url, bytes)),
  );
  const variant = pickVariant(manifest, precision);
  const total = variant.encoder.bytes + variant.decoder.bytes + variant.score.bytes;
  const loaded: Record<string, number> = {};
  const count = (file: string, length: number) => {
    loaded[file] = length;
    onProgress?.({ loaded: Object.values(loaded).reduce((sum, part) => sum + part), total });
  };
  // Where one graph fails, the others would come in for nobody.
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const read = async (graph: GraphFile) => {
    const { file, bytes } = graph;
    const onBytes = (length: number) => count(file, length);
    const content = await cache.graph(graph, () =>
      runtime.read(beside(url, file), bytes, { signal: either, timeout, onBytes }),
    );
    if (loaded[file] !== bytes) count(file, bytes);
    return content;
  };
  const graphs = await readGraphs(variant, read).catch((error) => {
    stop.abort();
    throw error;
  });
  return { manifest, variant, graphs, files: cache.report };
}

/** Files on disk need no cache. */
function cacheFor(url: URL, runtime: Runtime, wanted: boolean | FileCache) {
  if (wanted === false || url.protocol === "file:") return undefined;
  if (wanted === true) return runtime.openCache;
  if (typeof wanted?.get === "function") return async () => wanted;
  throw new InputError(
    `loadVae: cache: expected true, false or { get, put }; got ${shown(wanted)}.`,
  );
}

/** The address of a file in a folder, or of another beside one; the query, such as a signature, stays. */
function beside(url: URL, file: string): URL {
  return new URL(file + url.search, url);
}

function manifestUrl(url: URL): URL {
  if (url.pathname.endsWith("/")) return beside(url, "vae.json");
  if (url.pathname.endsWith("/vae.json")) return url;
  throw new SourceError(
    `${url}: expected the address of a model folder, ending in "/", or of its vae.json.`,
  );
}

function parseJson(url: URL, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SourceError(`${url}: not JSON. Check that the address is that of a model folder.`, {
      cause,
    });
  }
}

function givenBytes(files: Readonly<Record<string, Uint8Array>>, { file }: GraphFile): Uint8Array {
  const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
  if (kind(bytes) === "Uint8Array") return bytes!;
  throw new SourceError(
    `files: ${file} is missing or no Uint8Array: got ${shown(bytes)}. The manifest names it.`,
  );
}

function pickVariant(manifest: VaeManifest, precision: Precision): Variant {
  const { variants, name } = manifest;
  const found = Object.entries(variants).find(([there]) => there === precision);
  if (found !== undefined) return found[1];
  const there = Object.keys(variants).join(", ");
  throw new InputError(`loadVae: precision: ${name} has ${there}; got ${shown(precision)}.`);
}

async function readGraphs(
  variant: Variant,
  read: (file: GraphFile) => Promise<Uint8Array>,
): Promise<Record<GraphName, Uint8Array>> {
  const [encoder, decoder, score] = await Promise.all([
    read(variant.encoder),
    read(variant.decoder),
    read(variant.score),
  ]);
  return { encoder, decoder, score };
}
