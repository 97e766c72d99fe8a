/** Reads a model folder: vae.json and the three graphs of one precision, held to its sizes and checksums. */
import {
  type GraphFile,
  type GraphName,
  parseManifest,
  type VaeManifest,
} from "@vaeport/infer/manifest";
import { inside, readBytes } from "#files";
import { OptionError, SourceError } from "../errors.js";
import type { Precision } from "../export-options.js";
import { sha256 } from "../sha256.js";

/** A model folder in memory: its manifest, and the bytes of one variant's graphs. */
export interface ModelFolder {
  manifest: VaeManifest;
  graphs: Record<GraphName, Uint8Array>;
}

/**
 * Throws SourceError for files that are missing or not those of the manifest, ManifestError for a manifest
 * that breaks its format, OptionError for a precision that the folder does not hold.
 */
export async function readModelFolder(
  folder: string,
  precision: Precision = "float32",
): Promise<ModelFolder> {
  const manifest = parseManifest(await readJson(inside(folder, "vae.json")));
  const variant = manifest.variants[precision];
  if (variant === undefined) {
    const held = Object.keys(manifest.variants).join(", ");
    throw new OptionError(`precision: ${folder} holds ${held}, got ${precision}.`);
  }
  const [encoder, decoder, score] = await Promise.all([
    readGraph(folder, variant.encoder),
    readGraph(folder, variant.decoder),
    readGraph(folder, variant.score),
  ]);
  return { manifest, graphs: { encoder, decoder, score } };
}

async function readGraph(folder: string, { file, bytes, sha256: sum }: GraphFile) {
  const location = inside(folder, file);
  const content = await readBytes(location);
  if (content.length === bytes && (await sha256(content)) === sum) return content;
  throw new SourceError(
    `${location} is not the file of vae.json (${bytes} bytes, got ${content.length}, or another SHA-256). ` +
      "It is cut off, changed or of another export; copy the folder again.",
  );
}

async function readJson(location: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(location));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SourceError(`${location} is not JSON. Is this a model folder?`, { cause });
  }
}
