/** Builds the pages in test/page as web apps would: Vite with next to no configuration, esbuild, no bundler. */
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as vite from "vite";
import { temporaryFolder } from "./temporary-folder.js";

const pages = fileURLToPath(new URL("../../page/", import.meta.url));

/** What the tests have installed. */
const PACKAGES = fileURLToPath(new URL("../../node_modules/", import.meta.url));

/** onnxruntime-web's own files, for a bundler that places none of them. */
export const RUNTIME_FILES = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/wasm")));

/** The package's files for pages without a bundler. */
const READY_FILES = dirname(fileURLToPath(import.meta.resolve("@vaeport/infer/browser")));

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
export async function buildPage(
  name: "parity" | "browser" | "soak" | "speed" | "threads",
): Promise<BuiltPage> {
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

/** A page of one script, such as a document's example, built by Vite. */
export async function buildScript(code: string): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  await symlink(PACKAGES, join(folder, "node_modules"));
  await writeFile(join(folder, "main.js"), code);
  await writeFile(join(folder, "index.html"), '<script type="module" src="main.js"></script>');
  const outDir = join(folder, "dist");
  await vite.build({
    root: folder,
    build: { outDir, target: "es2022", chunkSizeWarningLimit: Infinity },
    logLevel: "error",
  });
  return { folders: { "/": outDir }, modules: [], remove };
}

/** The page of the speed benchmark, with tf.js' own files beside it. */
export async function speedPage(): Promise<BuiltPage> {
  const built = await buildPage("speed");
  const packages = ["tfjs-core", "tfjs-layers", "tfjs-backend-wasm", "tfjs-backend-webgpu"];
  const folders = packages.map((name) => {
    const entry = fileURLToPath(import.meta.resolve(`@tensorflow/${name}`));
    return [`/${name}/`, dirname(entry)];
  });
  return { ...built, folders: { ...built.folders, ...Object.fromEntries(folders) } };
}

/** The browser page, bundled by esbuild; onnxruntime-web's files lie beside it at /ort/. */
export async function bundlePage(): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  const { modules } = await bundle(folder, "browser");
  await writeFile(join(folder, "index.html"), await pageOfScript());
  return { folders: { "/": folder, "/ort/": RUNTIME_FILES }, modules, wasmPaths: "/ort/", remove };
}

/**
 * The browser page without a bundler: its scripts import the package's ready file at /vaeport/, where
 * onnxruntime-web's files lie too. (esbuild only strips the types.)
 */
export async function plainPage(): Promise<BuiltPage> {
  const { folder, remove } = await temporaryFolder();
  const byAddress: esbuild.Plugin = {
    name: "package-by-address",
    setup({ onResolve }) {
      const path = "/vaeport/vaeport-infer.js";
      onResolve({ filter: /^@vaeport\/infer/ }, () => ({ path, external: true }));
    },
  };
  const { modules } = await bundle(folder, "browser", [byAddress]);
  await writeFile(join(folder, "index.html"), await pageOfScript());
  const ready = join(folder, "vaeport");
  await mkdir(ready);
  await linkFiles(READY_FILES, /^vaeport-infer/, ready);
  await linkFiles(RUNTIME_FILES, /^ort\.(?:wasm|webgpu)\.bundle\.min\.mjs$|\.wasm$/, ready);
  return { folders: { "/": folder, "/ort/": RUNTIME_FILES }, modules, remove };
}

/** The page's HTML, with its script as esbuild names it. */
async function pageOfScript(): Promise<string> {
  const html = await readFile(join(pages, "browser", "index.html"), "utf8");
  return html.replace("main.ts", "main.js");
}

async function linkFiles(from: string, names: RegExp, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (names.test(name)) await symlink(join(from, name), join(to, name));
  }
}

/** What esbuild takes into a bundle of the page for Node: the negative control of `bundlePage`. */
export async function modulesForNode(): Promise<readonly string[]> {
  return (await bundle(undefined, "node")).modules;
}

/** A file and all that it imports, wherever that is. */
export async function modulesOf(file: string): Promise<readonly string[]> {
  const { metafile } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    external: ["onnxruntime-web/*"],
    logLevel: "error",
  });
  const inputs = Object.entries(metafile.inputs);
  return inputs.flatMap(([name, { imports }]) => [
    name,
    ...imports.flatMap(({ path, external }) => (external ? [path] : [])),
  ]);
}

async function bundle(
  outdir: string | undefined,
  platform: esbuild.Platform,
  plugins: esbuild.Plugin[] = [],
) {
  const { metafile } = await esbuild.build({
    absWorkingDir: join(pages, "browser"),
    entryPoints: ["main.ts", "own-worker.js", "served-worker.js"],
    outdir: outdir ?? "none",
    write: outdir !== undefined,
    platform,
    plugins,
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
