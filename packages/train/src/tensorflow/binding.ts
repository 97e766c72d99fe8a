/** tfjs-node's own native binding, compiled against a given TensorFlow library. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { lstat, mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@vaeport/infer/files";
import { createFolder } from "./cache.js";
import { TensorFlowError } from "./errors.js";
import type { NativeLibrary } from "./library.js";
import { runCommand, tail } from "./run-command.js";

/** The installed package @tensorflow/tfjs-node. */
export interface TfjsNode {
  folder: string;
  version: string;
  /** Where the package looks for its binding, for the Node-API version of this Node. */
  binding: string;
}

/** @throws TensorFlowError when the package is not installed. */
export function findTfjsNode(): TfjsNode {
  const require = createRequire(import.meta.url);
  let manifest: string;
  try {
    manifest = require.resolve("@tensorflow/tfjs-node/package.json");
  } catch (cause) {
    throw new TensorFlowError(
      "The package @tensorflow/tfjs-node is not installed. " +
        "Run: npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0",
      { cause },
    );
  }
  const folder = dirname(manifest);
  const { version, binary } = JSON.parse(readFileSync(manifest, "utf8")) as {
    version: string;
    binary: { napi_versions: number[] };
  };
  const supported = binary.napi_versions.filter((napi) => napi <= Number(process.versions.napi));
  return {
    folder,
    version,
    binding: join(folder, "lib", `napi-v${Math.max(...supported)}`, "tfjs_binding.node"),
  };
}

/** Compiled beside the binding; `load.ts` looks for it there. */
export const MUTE_STDERR = "mute-stderr.node";

const native = (file: string) => fileURLToPath(new URL(`../../native/${file}`, import.meta.url));
const [muteSource, ownMemory] = [native("mute-stderr.cc"), native("own-memory.h")];

/**
 * Compiles the binding, and our small helper, into the user's cache (a few seconds, once for each
 * library) and returns the binding's path. Node-API is stable, so one binary serves every Node.
 */
export async function compileBinding(
  tfjsNode: TfjsNode,
  library: NativeLibrary,
  log: (line: string) => void,
): Promise<string> {
  const libraries = dirname(library.libraries[0]!);
  const hash = createHash("sha256").update(libraries);
  for (const source of [muteSource, ownMemory]) hash.update(readFileSync(source));
  const key = hash.digest("hex");
  const name = `tfjs-binding-${tfjsNode.version}-${process.arch}-${key.slice(0, 12)}`;
  const folder = join(cacheFolder(), name);
  const binding = join(folder, "tfjs_binding.node");
  if (existsSync(binding)) return binding;
  log("compiling tfjs-node's binding with the C++ compiler");
  await createFolder(folder, async (temporary) => {
    await compile(join(temporary, MUTE_STDERR), [muteSource]);
    await compile(join(temporary, "tfjs_binding.node"), [
      ...["-I", tfjsNode.folder, "-I", library.include, "-include", ownMemory],
      join(tfjsNode.folder, "binding", "tfjs_backend.cc"),
      join(tfjsNode.folder, "binding", "tfjs_binding.cc"),
      ...library.libraries,
      `-Wl,-rpath,${libraries}`,
    ]);
  });
  return binding;
}

/** Compiles a Node-API addon. */
async function compile(target: string, args: readonly string[]): Promise<void> {
  const compiler = process.env.CXX || (process.platform === "darwin" ? "clang++" : "g++");
  const headers = createRequire(import.meta.url).resolve("node-api-headers/package.json");
  const { status, output } = await runCommand(compiler, [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"],
    ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
    ...["-I", join(dirname(headers), "include"), ...args, "-o", target],
  ]);
  if (status !== 0) throw new TensorFlowError(explainCompiler(compiler, output));
}

function explainCompiler(compiler: string, output: string): string {
  if (/ENOENT/.test(output)) {
    return (
      `The C++ compiler "${compiler}" is not installed. On Debian or Ubuntu: apt-get install g++; ` +
      "on macOS: xcode-select --install; or set CXX to the compiler to use."
    );
  }
  return `${compiler} could not compile tfjs-node's binding:\n${tail(output, 12)}`;
}

/** Links the compiled binding to where tfjs-node looks for it, replacing what is there. */
export async function linkBinding(tfjsNode: TfjsNode, binding: string): Promise<void> {
  const there = await lstat(tfjsNode.binding).catch(() => undefined);
  if (there?.isSymbolicLink() && (await readlink(tfjsNode.binding)) === binding) return;
  const temporary = `${tfjsNode.binding}.${process.pid}`;
  try {
    await mkdir(dirname(tfjsNode.binding), { recursive: true });
    await rm(temporary, { force: true });
    await symlink(binding, temporary);
    await rename(temporary, tfjsNode.binding);
  } catch (cause) {
    throw new TensorFlowError(
      `Cannot put the binding at ${tfjsNode.binding}: ${(cause as Error).message}. ` +
        "Run the set-up as the user who owns that folder.",
      { cause },
    );
  }
}
