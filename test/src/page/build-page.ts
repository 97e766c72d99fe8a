/** Builds the pages in test/page as web apps would: Vite with next to no configuration, and esbuild. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as vite from "vite";

const pages = fileURLToPath(new URL("../../page/", import.meta.url));

/** onnxruntime-web's own files, for a bundler that places none of them. */
const RUNTIME_FILES = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/wasm")));

export interface BuiltPage {
  /** What to serve, by URL prefix. */
  folders: Record<string, string>;
  /** The files that went into the bundle. */
  modules: readonly string[];
  /** Where the page finds onnxruntime-web's files, unless the bundler has placed them. */
  wasmPaths?: string;
  /** Deletes what was built. */
  remove(): Promise<void>;
}

/** A page out of test/page, built by Vite. */
export async function buildPage(name: "parity" | "browser"): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  const modules: string[] = [];
  // Workers are bundles of their own, so both kinds tell what they hold.
  const listing = (): vite.Plugin => ({
    name: "list-modules",
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === "chunk") modules.push(...part.moduleIds);
      }
    },
  });
  await vite.build({
    root: join(pages, name),
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
    plugins: [listing()],
    worker: { format: "es", plugins: () => [listing()] },
    logLevel: "error",
  });
  return { folders: { "/": folder }, modules, remove };
}

/** The browser page, bundled by esbuild; onnxruntime-web's files lie beside it at /ort/. */
export async function bundlePage(): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  const { modules } = await bundle(folder, "browser");
  const html = await readFile(join(pages, "browser", "index.html"), "utf8");
  await writeFile(join(folder, "index.html"), html.replace("main.ts", "main.js"));
  return { folders: { "/": folder, "/ort/": RUNTIME_FILES }, modules, wasmPaths: "/ort/", remove };
}

/** What esbuild takes into a bundle of the page for Node: the negative control of `bundlePage`. */
export async function modulesForNode(): Promise<readonly string[]> {
  return (await bundle(undefined, "node")).modules;
}

async function bundle(outdir: string | undefined, platform: esbuild.Platform) {
  const { metafile } = await esbuild.build({
    absWorkingDir: join(pages, "browser"),
    entryPoints: ["main.ts", "own-worker.js", "served-worker.js"],
    outdir: outdir ?? "none",
    write: outdir !== undefined,
    platform,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    metafile: true,
    loader: { ".node": "empty" },
    logLevel: "error",
  });
  return { modules: Object.keys(metafile.inputs) };
}

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-page-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
