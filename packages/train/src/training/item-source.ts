/** Items that captured functions take batches of: resident in the graph's session, or lent to it. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { Dataset } from "../data/dataset.js";
import { gatherRows } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import { type Batch, oneHot } from "./step.js";

export interface ItemSource {
  /** The set, where calls take it: the last inputs, the same for all steps of a call. */
  readonly lent: readonly Tensor[];
  /** What a captured function is given in place of `count` items; the caller disposes of them. */
  examples(count: number): Tensor[];
  /** Inside a captured function: the items that its inputs stand for. */
  batch(inputs: readonly Tensor[]): Batch;
  /** Inputs of a call for the items in `rows`. */
  inputs(rows: Int32Array): (Tensor | Int32Array)[];
  dispose(): void;
}

/**
 * Images of at most `residentMegabytes` (of 10^6 bytes) are variables of the session, with their labels; more are lent
 * to each call. Neither copies the set, and both gather inside the graph. A batch depends on no weight, so TensorFlow
 * gathers it while steps before it run.
 */
export function itemSource(tf: TensorFlow, items: Batch, residentMegabytes: number): ItemSource {
  const { images, label } = items;
  const set: Tensor[] = label ? [images, label] : [images];
  const isResident = (images.size * 4) / 1e6 <= residentMegabytes;
  const variables = isResident ? set.map((tensor) => tf.variable(tensor, false)) : [];
  const lent = isResident ? [] : set;
  return {
    lent,
    examples: (count) => [
      tf.tensor1d(new Int32Array(count), "int32"),
      ...lent.map((tensor) => tf.clone(tensor)),
    ],
    batch([rows, ...taken]) {
      const [images, label] = isResident ? variables : taken;
      const all = { images: images!, label: label as Tensor2D | undefined };
      return gatherBatch(tf, all, rows as Tensor1D);
    },
    inputs: (rows) => [rows, ...lent],
    dispose: () => tf.dispose(variables),
  };
}

/** Training and held-out items as tensors, with one-hot labels where the model takes them. */
export function itemsOf(
  tf: TensorFlow,
  vae: Vae,
  dataset: Dataset,
): Record<"train" | "test", Batch> {
  const { labels } = dataset;
  const split = (name: "train" | "test"): Batch => ({
    images: dataset[name],
    label: vae.classes && labels && oneHot(tf, labels[name], vae.classes.length),
  });
  return { train: split("train"), test: split("test") };
}

/** A batch of a set. */
export function gatherBatch(tf: TensorFlow, { images, label }: Batch, rows: Tensor1D): Batch {
  return { images: gatherRows(tf, images, rows), label: label && gatherRows(tf, label, rows) };
}
