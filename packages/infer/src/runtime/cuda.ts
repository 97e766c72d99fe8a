/** CUDA in Node: the libraries that `vaeport-infer setup cuda` has linked, and float32 that is float32. */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** In onnxruntime-node's folder: the link to the folder with CUDA's libraries. */
export const CUDA_LINK = "vaeport-cuda";

/** Those that the provider and cuDNN look for by name, each after the ones that it needs. */
export const CUDA_LIBRARIES = [
  "libcudart.so.13",
  "libcublasLt.so.13",
  "libcublas.so.13",
  "libcurand.so.10",
  "libnvJitLink.so.13",
  "libnvrtc.so.13",
  "libcufft.so.12",
  "libcudnn.so.9",
] as const;

/** Of dlfcn.h on Linux; Node names it in no constant. */
const RTLD_NODELETE = 0x1000;

/**
 * Loads CUDA's libraries into the process, where the provider then finds them by name, without an LD_LIBRARY_PATH that
 * would have to be set before Node starts. Does nothing where `setup cuda` has linked none. `folder` is that of
 * onnxruntime-node's libraries.
 */
export function loadCudaLibraries(folder: URL): void {
  const linked = new URL(`${CUDA_LINK}/`, folder);
  if (!existsSync(linked)) return;
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  for (const name of CUDA_LIBRARIES) {
    try {
      const file = fileURLToPath(new URL(name, linked));
      process.dlopen({ exports: {} }, file, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    } catch (error) {
      // Node wants an addon; the library is loaded all the same, and stays. Others the provider will name.
      if (!/self-register/.test(String(error))) return;
    }
  }
}

/**
 * Keeps cuBLAS and cuDNN from TensorFloat-32, which rounds the factors of float32 products to 10 bits on GPUs since
 * Ampere: ONNX Runtime turns it on, and onnxruntime-node has no option against it. NVIDIA's own variable overrides it,
 * read when the libraries load; one that is set already stays. A worker thread's `process.env` never reaches native
 * code: there, it must be set before Node starts.
 */
export function forbidTensorFloat32(): void {
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
}
