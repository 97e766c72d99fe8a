/** Packages that commands need and the library does not: optional peers, named when missing. */
import { InferError } from "../../errors.js";

const VERSIONS = { sharp: "0.35.5", "hyparquet-writer": "0.17.0" } as const;

/** A package that a command needs is not installed, or does not load on this machine (see `cause`). */
export class PeerMissingError extends InferError {
  override readonly name = "PeerMissingError";
}

export async function importPeer<T>(
  name: keyof typeof VERSIONS,
  purpose: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new PeerMissingError(
      `${purpose} needs ${name}. Install it with \`npm install ${name}@${VERSIONS[name]}\`.`,
      { cause },
    );
  }
}
