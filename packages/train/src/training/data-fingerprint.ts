/** What tells the data that a run was trained on from any other. */
import { createHash, type Hash } from "node:crypto";
import type { Dataset } from "../data/dataset.js";
import { RunFolderError } from "../errors.js";

export interface DataFingerprint {
  trainItems: number;
  testItems: number;
  /** Of the values of all items, training ones first, and of their labels. */
  sha256: string;
}

/** What one call of a hash takes is limited. */
const PART_BYTES = 2 ** 28;

/** To be taken before TensorFlow works with the items: until then, it hands out their values without a copy. */
export function fingerprintOf({ train, test, labels }: Dataset): DataFingerprint {
  const hash = createHash("sha256");
  for (const items of [train, test]) {
    hash.update(JSON.stringify(items.shape));
    update(hash, items.dataSync() as Float32Array);
  }
  if (labels) {
    hash.update(JSON.stringify(labels.names));
    update(hash, labels.train);
    update(hash, labels.test);
  }
  return { trainItems: train.shape[0], testItems: test.shape[0], sha256: hash.digest("hex") };
}

function update(hash: Hash, { buffer, byteOffset, byteLength }: Float32Array | Int32Array): void {
  for (let done = 0; done < byteLength; done += PART_BYTES) {
    const length = Math.min(PART_BYTES, byteLength - done);
    hash.update(new Uint8Array(buffer, byteOffset + done, length));
  }
}

/** @throws RunFolderError when a run was trained on other data than there is now */
export function requireSameData(folder: string, now: DataFingerprint, then: DataFingerprint): void {
  if (now.sha256 === then.sha256) return;
  const counts = ({ trainItems, testItems }: DataFingerprint) =>
    `${trainItems} training and ${testItems} held-out items`;
  const change =
    counts(now) === counts(then)
      ? "values or labels are others"
      : `${counts(now)}, and it had ${counts(then)}`;
  throw new RunFolderError(
    `${folder}: the data is not what it was trained on so far (${change}). ` +
      "Put the data back as it was to resume, or train into another folder.",
  );
}
