/** Python's ONNX Runtime, behind the ONNX checker: a runtime under the contract, and a reference for the others. */
import { fileURLToPath } from "node:url";
import { loadVae } from "@vaeport/infer";
import { encodeTensor } from "@vaeport/infer/manifest";
import { seededNormal } from "@vaeport/infer/random";
import { runInProcess } from "./child-process.js";
import type { ReferenceBatch } from "./reference.js";
import type { RuntimeCase } from "./runtimes.js";

const script = fileURLToPath(new URL("../../referee/run_model.py", import.meta.url));

/** The runtime; `packages` is the folder of the referees' Python packages. */
export function pythonRuntime(packages: string): RuntimeCase {
  return {
    name: "Python onnxruntime (referee)",
    provider: "CPUExecutionProvider",
    run: (request) =>
      runInProcess(["python3", script], { ...request, provider: "cpu" }, { PYTHONPATH: packages }),
  };
}

/** Batches of items that a model itself draws, and what Python's ONNX Runtime makes of them. */
export async function referenceFromPython(
  model: string,
  batchSizes: readonly number[],
  packages: string,
): Promise<ReferenceBatch[]> {
  await using vae = await loadVae(model, { provider: "cpu" });
  const { condition, latent } = vae.manifest;
  const batches = await Promise.all(
    batchSizes.map(async (size) => {
      const label = condition && Array.from({ length: size }, (_, i) => i % condition.classes);
      const x = await vae.sample(size, { seed: 3, label });
      const z = encodeTensor(seededNormal(5, size * latent.size), [size, latent.size]);
      return { x: encodeTensor(x.data, x.shape), z, ...(label ? { label } : {}) };
    }),
  );
  const { outputs } = await pythonRuntime(packages).run({ model, batches });
  return batches.map((batch, index) => ({ batch, outputs: outputs[index]! }));
}
