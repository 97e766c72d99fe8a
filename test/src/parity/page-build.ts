/** Builds the parity page as a web app would: Vite, no special configuration. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const page = fileURLToPath(new URL("../../page/", import.meta.url));

/** The built page; `remove` it when done. */
export async function buildPage(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-page-"));
  await build({
    root: page,
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
    logLevel: "error",
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
