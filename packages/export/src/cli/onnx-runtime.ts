/** Runs graphs on onnxruntime-node, which is imported on first use. */
import { MissingPackageError } from "../errors.js";
import type { RunGraph } from "../vae/probe.js";

/** Throws MissingPackageError, which says what it was wanted for, where it is not installed. */
export async function onnxRunner(purpose: string): Promise<RunGraph> {
  const ort = await importRuntime(purpose);
  return async (graph, feeds) => {
    const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
    const tensors = Object.entries(feeds).map(([name, { data, shape, dtype }]) => {
      const tensor =
        dtype === "int32"
          ? new ort.Tensor("int32", Int32Array.from(data), shape)
          : new ort.Tensor("float32", data, shape);
      return [name, tensor] as const;
    });
    const results = await session.run(Object.fromEntries(tensors));
    await session.release();
    const outputs = Object.entries(results).map(([name, { data, dims }]) => {
      return [name, { data: Float32Array.from(data as Float32Array), shape: dims }] as const;
    });
    return Object.fromEntries(outputs);
  };
}

async function importRuntime(purpose: string): Promise<typeof import("onnxruntime-node")> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new MissingPackageError(["onnxruntime-node"], purpose, cause);
  }
}
