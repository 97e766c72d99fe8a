/** Reading a file over HTTP. */
import { SourceError } from "../errors.js";

/** The body at a URL. Throws SourceError: no answer, not found, an HTML page, or more bytes than `limit`. */
export async function fetchBytes(url: URL, limit: number): Promise<Uint8Array> {
  const response = await reach(url, () => fetch(url));
  if (!response.ok) {
    throw new SourceError(
      `${url}: the server answered ${response.status} ${response.statusText}. Check the address.`,
    );
  }
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/html")) {
    throw new SourceError(
      `${url}: the server answered with an HTML page, as many do for paths they do not have. Check the address.`,
    );
  }
  return reach(url, () => collect(url, response, limit));
}

/** Names the address in whatever the network throws. */
async function reach<T>(url: URL, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    throw new SourceError(
      `${url}: cannot be fetched. Check the address, the network and, in a browser, the server's CORS headers.`,
      { cause },
    );
  }
}

async function collect(url: URL, response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    chunks.push(part.value);
    length += part.value.length;
    if (length > limit) {
      await reader?.cancel();
      throw new SourceError(
        `${url}: more than the ${limit} bytes expected. Check the model folder.`,
      );
    }
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
