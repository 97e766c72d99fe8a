/** Whether CUDA can be tested here, and how a machine with a GPU gets there. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const infer = fileURLToPath(import.meta.resolve("@vaeport/infer/package.json"));
const command = join(dirname(infer), "bin", "vaeport-infer.js");

/** Whether NVIDIA's driver can be loaded, wherever the dynamic linker finds it, and onnxruntime-node has CUDA here. */
export function hasNvidiaDriver(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  try {
    process.dlopen({ exports: {} }, "libcuda.so.1", constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    // Node wants an addon, and says so once the library is loaded.
    return /self-register/.test(String(error));
  }
}

/** Whether onnxruntime-node's CUDA provider lies beside it. */
export function hasCudaProvider(): boolean {
  return existsSync(join(nativeFolder(), "libonnxruntime_providers_cuda.so"));
}

/** Where `setup cuda` links CUDA's libraries: what onnxruntime-node alone needs as LD_LIBRARY_PATH. */
export function cudaLibraryFolder(): string {
  return join(nativeFolder(), "vaeport-cuda");
}

function nativeFolder(): string {
  const ort = createRequire(infer).resolve("onnxruntime-node/package.json");
  return join(dirname(ort), "bin", "napi-v6", "linux", "x64");
}

/** Fetches the CUDA provider and CUDA's libraries, 1.6 GB, and links them. Gives the command's exit status. */
export function provideCuda(): number | null {
  const args = [command, "setup", "cuda"];
  return spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] }).status;
}
