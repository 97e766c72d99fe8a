/** Runs graphs on onnxruntime-node, which is imported on first use; a subpath, so that browsers never see it. */
import { MissingPackageError } from "./errors.js";
import { fromHalf, toHalf } from "./ir/half.js";
import type { RunGraph } from "./vae/probe.js";

/** Throws MissingPackageError, which says what it was wanted for, where it is not installed. */
export async function onnxRunner(purpose = "Running graphs"): Promise<RunGraph> {
  const ort = await importRuntime(purpose);
  return async (graph, feeds) => {
    const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
    const tensors = Object.entries(feeds).map(([name, { data, shape, dtype }]) => {
      if (dtype === "int32") return [name, new ort.Tensor(dtype, Int32Array.from(data), shape)];
      if (dtype === "float16") return [name, new ort.Tensor(dtype, toHalf(data), shape)];
      return [name, new ort.Tensor("float32", data, shape)];
    });
    const results = await session.run(Object.fromEntries(tensors));
    await session.release();
    const outputs = Object.entries(results).map(([name, { data, dims }]) => {
      const numbers = data instanceof Uint16Array ? Array.from(data, fromHalf) : data;
      return [name, { data: Float32Array.from(numbers as Float32Array), shape: dims }] as const;
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
