/** Finding a model: its manifest and its graph files, sizes and SHA-256 checked. */
import { InferError, ModelFileError, SourceError } from "./errors.js";
import { parseManifest } from "./manifest/parse.js";
import type { GraphFile, GraphName, VaeManifest, Variant } from "./manifest/types.js";
import type { Runtime } from "./runtime/types.js";

/**
 * Where a model is: in Node the path of a model folder or of its `vae.json`; on every platform a URL that ends in
 * `/` or `vae.json` (relative ones are the page's); or the manifest and the files themselves, by name.
 */
export type ModelSource =
  | string
  | URL
  | { manifest: unknown; files: Readonly<Record<string, Uint8Array>> };

export interface Model {
  manifest: VaeManifest;
  graphs: Record<GraphName, Uint8Array>;
}

const MAX_MANIFEST_BYTES = 2 ** 26;

/** Reads the manifest, then the graphs of its float32 variant. */
export async function readModel(source: ModelSource, runtime: Runtime): Promise<Model> {
  if (typeof source === "object" && "manifest" in source) {
    const manifest = parseManifest(source.manifest);
    return {
      manifest,
      graphs: await readGraphs(manifest.variants.float32, givenBytes(source.files)),
    };
  }
  const url = manifestUrl(typeof source === "string" ? runtime.resolve(source) : source);
  const manifest = parseManifest(parseJson(url, await runtime.read(url, MAX_MANIFEST_BYTES)));
  const read = ({ file, bytes }: GraphFile) => runtime.read(new URL(file, url), bytes);
  return { manifest, graphs: await readGraphs(manifest.variants.float32, read) };
}

function manifestUrl(url: URL): URL {
  if (url.pathname.endsWith("/")) return new URL("vae.json", url);
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

/** Files out of memory, copied, so that what is checked is what runs. */
function givenBytes(files: Readonly<Record<string, Uint8Array>>) {
  return async ({ file }: GraphFile): Promise<Uint8Array> => {
    const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
    if (bytes !== undefined) return new Uint8Array(bytes);
    throw new SourceError(`files: ${file} is missing, which the manifest names.`);
  };
}

async function readGraphs(
  variant: Variant,
  read: (file: GraphFile) => Promise<Uint8Array>,
): Promise<Record<GraphName, Uint8Array>> {
  const checked = async (file: GraphFile) => {
    const bytes = await read(file);
    await checkFile(file, bytes);
    return bytes;
  };
  const [encoder, decoder, score] = await Promise.all([
    checked(variant.encoder),
    checked(variant.decoder),
    checked(variant.score),
  ]);
  return { encoder, decoder, score };
}

async function checkFile({ file, bytes, sha256 }: GraphFile, content: Uint8Array): Promise<void> {
  if (content.length !== bytes) {
    throw new ModelFileError(
      file,
      `expected ${bytes} bytes, got ${content.length}. The file is cut off or of another export; copy it again.`,
    );
  }
  const digest = await hash(content);
  if (digest !== sha256) {
    throw new ModelFileError(
      file,
      `expected SHA-256 ${sha256}, got ${digest}. The file was changed or is of another export; copy it again.`,
    );
  }
}

async function hash(content: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new InferError(
      "The model's files cannot be checked: browsers offer SHA-256 (crypto.subtle) to pages on https and localhost only. Serve the page over https.",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
