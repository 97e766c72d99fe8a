/** Where pages are built. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder, and what deletes it. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-page-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
