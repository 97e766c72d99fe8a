/** Builds examples/latent-explorer as its own `vite build` does. */
import { fileURLToPath } from "node:url";
import * as vite from "vite";
import type { BuiltPage } from "./build-page.js";
import { temporaryFolder } from "./temporary-folder.js";

const root = fileURLToPath(new URL("../../../examples/latent-explorer/", import.meta.url));

export async function buildExplorer(): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  await vite.build({ root, build: { outDir: folder, emptyOutDir: true }, logLevel: "error" });
  return { folders: { "/": folder }, modules: [], remove };
}
