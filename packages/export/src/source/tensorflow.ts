/** Runs models through tf.js, which is imported on first use: exportOnnx needs none of it. */
import { MissingPackageError } from "../errors.js";
import type { LayersModelLike } from "./layers-model.js";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");

/** What is used of `tf.LayersModel` where the model is run as well. */
export interface RunnableModelLike extends LayersModelLike {
  predict(inputs: object): object;
}

/** A tensor outside tf.js, row-major. */
export interface PlainTensor {
  data: Float32Array;
  shape: readonly number[];
  dtype?: "float32" | "float16" | "int32";
}

/** What `model.predict` gives for one input or several, on whichever tf.js backend is active. */
export async function predict(
  model: RunnableModelLike,
  input: PlainTensor | readonly PlainTensor[],
): Promise<PlainTensor[]> {
  const core = await importCore();
  const outputs = core.tidy(() => {
    const tensors = [input]
      .flat()
      .map(({ data, shape, dtype }) =>
        core.tensor(data, [...shape], dtype === "int32" ? dtype : "float32"),
      );
    return [model.predict(tensors)].flat() as import("@tensorflow/tfjs-core").Tensor[];
  });
  const results = await Promise.all(
    outputs.map(async (output) => ({
      data: (await output.data()) as Float32Array,
      shape: output.shape,
    })),
  );
  core.dispose(outputs);
  return results;
}

function importCore(): Promise<Core> {
  const name = "@tensorflow/tfjs-core";
  return importOr([name], "Running a tf.js model", () => import("@tensorflow/tfjs-core"));
}

/** tfjs-layers with a backend: the active one, or else the one in plain JavaScript. */
export async function importLayers(): Promise<{ core: Core; layers: Layers }> {
  const names = [
    "@tensorflow/tfjs-core",
    "@tensorflow/tfjs-layers",
    "@tensorflow/tfjs-backend-cpu",
  ];
  return importOr(names, "Loading a tf.js model", async () => {
    const core = await import("@tensorflow/tfjs-core");
    const layers = await import("@tensorflow/tfjs-layers");
    if (!core.getBackend()) await import("@tensorflow/tfjs-backend-cpu");
    await core.ready();
    return { core, layers };
  });
}

async function importOr<T>(
  names: readonly string[],
  purpose: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const missing = /_MODULE_NOT_FOUND$|^MODULE_NOT_FOUND$/.test(
      String((cause as NodeJS.ErrnoException).code),
    );
    throw missing ? new MissingPackageError(names, purpose, cause) : cause;
  }
}
