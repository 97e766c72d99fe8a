/** Reading a file over HTTP. */
import { SourceError } from "../errors.js";
import { unlessAborted } from "../queue.js";
import type { ReadOptions } from "./types.js";

/** Waits before the second try and the third, in milliseconds. */
const DELAYS = [200, 600];

/** How long a connection may bring nothing, in milliseconds. */
const TIMEOUT = 30_000;

/** Too early, too many requests, and a server that is not well: https://httpwg.org/specs/rfc9110.html#status.codes */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];

/**
 * The body at a URL, tried three times where the network or the server fails. Throws SourceError: no answer, not
 * found, an HTML page, or more bytes than `limit`; on abort the signal's reason.
 */
export async function fetchBytes(
  url: URL,
  limit: number,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  for (let failures = 0; ; failures++) {
    try {
      return await fetchOnce(url, limit, options);
    } catch (error) {
      const delay = DELAYS[failures];
      if (delay === undefined || !(error instanceof SourceError && error.transient)) throw error;
      await pause(delay, options.signal);
    }
  }
}

/** Waits; an abort ends the timer too, which would hold the process. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () =>
    new Promise<void>((wake) => {
      timer = setTimeout(wake, milliseconds);
    });
  await unlessAborted(wait, signal).finally(() => clearTimeout(timer));
}

async function fetchOnce(
  url: URL,
  limit: number,
  { signal, onBytes, timeout = TIMEOUT }: ReadOptions,
): Promise<Uint8Array> {
  const reach = reacher(url, timeout, signal);
  const response = await reach((signal) => fetch(url, { signal }));
  const type = response.headers.get("content-type") ?? "";
  const html = type.startsWith("text/html");
  // An answer that is not read would hold its connection.
  if (!response.ok || html) await response.body?.cancel();
  if (!response.ok) {
    throw new SourceError(
      `${url}: the server answered ${response.status} ${response.statusText}. Check the address.`,
      { transient: TRANSIENT.includes(response.status) },
    );
  }
  if (html) {
    throw new SourceError(
      `${url}: the server answered with an HTML page, as many do for paths they do not have. Check the address.`,
    );
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  const next = () => reach(async () => reader?.read());
  for (let part = await next(); part?.value; part = await next()) {
    chunks.push(part.value);
    length += part.value.length;
    if (length > limit) {
      await reader?.cancel();
      throw new SourceError(
        `${url}: more than the ${limit} bytes expected. Check the model folder.`,
      );
    }
    onBytes?.(length);
  }
  return concatenate(chunks, length);
}

/**
 * Takes the steps of one answer: each within `timeout` milliseconds, and what the network throws, but for an abort by
 * the caller, as a SourceError with the address.
 */
function reacher(url: URL, timeout: number, given: AbortSignal | undefined) {
  const stall = new AbortController();
  const signal = given ? AbortSignal.any([given, stall.signal]) : stall.signal;
  return async <T>(step: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => stall.abort(), timeout);
    try {
      return await step(signal);
    } catch (cause) {
      given?.throwIfAborted();
      const what = stall.signal.aborted ? `nothing came for ${timeout} ms` : "cannot be fetched";
      throw new SourceError(
        `${url}: ${what}. Check the address, the network and, in a browser, the server's CORS headers.`,
        { cause, transient: true },
      );
    } finally {
      clearTimeout(timer);
    }
  };
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
