/** The packages as they would be published, installed into empty folders as a stranger does. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The packages that are published, by the last part of their names. */
export type Published = "infer" | "export" | "train" | "models";

/** Runs pnpm in the repository; the scripts of the repository know how. */
export type RunPnpm = (
  args: readonly string[],
  options: { quiet: boolean },
) => Promise<number | null>;

/** Tarballs of all published packages. */
export interface Tarballs extends AsyncDisposable {
  /** The tarball's path. */
  of(name: Published): string;
}

export async function packPackages(runPnpm: RunPnpm): Promise<Tarballs> {
  const folder = await mkdtemp(join(tmpdir(), "vaeport-tarballs-"));
  const filters = ["infer", "export", "train", "models"].flatMap((name) => [
    "--filter",
    `@vaeport/${name}`,
  ]);
  const pack = ["pack", "--pack-destination", folder];
  const status = await runPnpm([...filters, ...pack], { quiet: true });
  if (status !== 0) throw new Error(`pnpm pack ended with status ${status}.`);
  const files = await readdir(folder);
  return {
    of: (name) => join(folder, files.find((file) => file.startsWith(`vaeport-${name}-`))!),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** What a command left behind. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of a stranger's, outside of this repository. */
export interface StrangersFolder extends AsyncDisposable {
  readonly path: string;
  /** Runs a command there, without this repository's or npm's own environment. */
  run(command: string, args: readonly string[]): Promise<Outcome>;
}

/** An empty folder but for a package.json, into which npm has installed packages (names with versions, paths). */
export async function installInEmptyFolder(
  packages: readonly string[],
  type: "module" | "commonjs" = "module",
): Promise<StrangersFolder> {
  const path = await mkdtemp(join(tmpdir(), "vaeport-stranger-"));
  const folder: StrangersFolder = {
    path,
    run: (command, args) => runCommand(command, args, path),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
  await writeFile(join(path, "package.json"), JSON.stringify({ private: true, type }));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr } = await folder.run("npm", ["install", ...quiet, ...packages]);
  if (status === 0) return folder;
  await folder[Symbol.asyncDispose]();
  throw new Error(`npm install ${packages.join(" ")} ended with status ${status}:\n${stderr}`);
}

function runCommand(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!EXTRA)|VITEST|PNPM)/i.test(name),
  );
  // CUDA's libraries, which onnxruntime-node's script would fetch, come from a host that many networks refuse.
  const env = { ...Object.fromEntries(kept), ONNXRUNTIME_NODE_INSTALL: "skip" };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, ...texts }));
  });
}
