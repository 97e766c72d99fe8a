/** Whether bytes are the file that a manifest describes. */
import { InferError, ModelFileError } from "./errors.js";
import type { GraphFile } from "./manifest/types.js";

/** Gives the bytes back. Throws ModelFileError where their number or SHA-256 is another. */
export async function checkFile(
  { file, bytes, sha256: wanted }: GraphFile,
  content: Uint8Array,
): Promise<Uint8Array> {
  if (content.length !== bytes) {
    throw new ModelFileError(
      file,
      `expected ${bytes} bytes, got ${content.length}. The file is cut off or of another export; copy it again.`,
    );
  }
  const digest = await sha256(content);
  if (digest === wanted) return content;
  throw new ModelFileError(
    file,
    `expected SHA-256 ${wanted}, got ${digest}. The file was changed or is of another export; copy it again.`,
  );
}

/** SHA-256 in lower-case hexadecimal. Throws InferError where a page is not served over https. */
export async function sha256(content: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new InferError(
      "The model's files cannot be checked: browsers offer SHA-256 (crypto.subtle) to pages on https and localhost only. Serve the page over https.",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
