/** The two networks of a VAE on disk, as tf.js LayersModels. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-node";
import { RunFolderError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Networks } from "../vae/layers.js";

/** @throws RunFolderError when a file is missing or damaged */
export async function loadModel(tf: TensorFlow, folder: string): Promise<LayersModel> {
  try {
    return await tf.loadLayersModel(fileUrl(join(folder, "model.json")));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RunFolderError(`${folder}: damaged (${reason}). Train the run again.`, { cause });
  }
}

/** Writes `encoder/` and `decoder/`. */
export async function saveNetworks(folder: string, { encoder, decoder }: Networks): Promise<void> {
  await saveModel(join(folder, "encoder"), encoder);
  await saveModel(join(folder, "decoder"), decoder);
}

export async function saveModel(folder: string, model: LayersModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  await model.save(fileUrl(folder));
}

/** The address that tf.js takes: it wants the path as it is, not percent-encoded. */
function fileUrl(path: string): string {
  return `file://${path}`;
}
