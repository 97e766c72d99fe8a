/** Reading over HTTP, the same in Node and in browsers. */
import { SourceError } from "../errors.js";

/** True for an address to fetch; anything else is a path. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/** The body behind an address. Throws SourceError naming the address and the status. */
export async function fetchBytes(address: string): Promise<Uint8Array> {
  const response = await fetch(address).catch((cause: unknown) => {
    throw new SourceError(`Cannot fetch ${address}. Check the address and the network.`, { cause });
  });
  if (!response.ok) {
    throw new SourceError(`Cannot fetch ${address}: status ${response.status}. Check the address.`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
