/** The cache of browsers: the Cache API. */
import { InferError } from "../errors.js";
import type { FileCache } from "../file-cache.js";

/** The part of the Cache API in use, https://w3c.github.io/ServiceWorker/#cache-interface */
interface Page {
  caches?: {
    open(name: string): Promise<{
      match(address: string): Promise<Response | undefined>;
      put(address: string, response: Response): Promise<void>;
    }>;
  };
}

/** One store for all models of an origin. Throws InferError where there is none. */
export async function openCacheStorage(): Promise<FileCache> {
  const { caches } = globalThis as Page;
  if (caches === undefined) {
    throw new InferError("The browser keeps files for pages on https and localhost only.");
  }
  const store = await caches.open("vaeport-1");
  // Entries go by address; nothing is ever fetched from this one.
  const address = (key: string) => `https://vaeport.invalid/${key}`;
  return {
    async get(key) {
      const response = await store.match(address(key));
      return response && new Uint8Array(await response.arrayBuffer());
    },
    put: (key, bytes) => store.put(address(key), new Response(bytes as Uint8Array<ArrayBuffer>)),
  };
}
