/** Model files in Node: paths and `file:` URLs from disk, others over HTTP. */
import { readFile, stat } from "node:fs/promises";
import { resolve as absolute } from "node:path";
import { pathToFileURL } from "node:url";
import { SourceError } from "../errors.js";
import { fetchBytes } from "./fetch-bytes.js";
import type { ReadOptions } from "./types.js";

/** A URL stays one (malformed: SourceError); anything else is the path of a model folder or of its vae.json. */
export function resolveSource(source: string): URL {
  if (/^(?:https?|file):/i.test(source)) return parseUrl(source);
  const url = pathToFileURL(absolute(source));
  if (!url.pathname.endsWith("/vae.json")) url.pathname += "/";
  return url;
}

function parseUrl(source: string): URL {
  try {
    return new URL(source);
  } catch (cause) {
    throw new SourceError(`${source}: expected a URL.`, { cause });
  }
}

/** The bytes at a URL. Throws SourceError, also when there are more than `limit`. */
export async function readBytes(
  url: URL,
  limit: number,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  if (url.protocol !== "file:") return fetchBytes(url, limit, options);
  const { signal, onBytes } = options;
  const bytes = await readWithin(url, limit, signal);
  onBytes?.(bytes.length);
  return bytes;
}

async function readWithin(
  url: URL,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    const { size } = await stat(url);
    if (size <= limit) return await readFile(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SourceError(`${url}: cannot be read. Check the model folder.`, { cause });
  }
  throw new SourceError(`${url}: more than the ${limit} bytes expected. Check the model folder.`);
}
