/** Items that captured functions take batches of: resident in the graph's session, or fed. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-node";
import type { Dataset } from "../data/dataset.js";
import { gatherRows } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import { type Batch, oneHot } from "./step.js";

export interface ItemSource {
  /** Whether the session holds the images, and the input is indices. */
  readonly resident: boolean;
  /** What a captured function is given in place of `count` items; the caller disposes of them. */
  examples(count: number): Tensor[];
  /** Inside a captured function: the items that its inputs stand for. */
  batch(inputs: readonly Tensor[]): Batch;
  /** Calls a captured function with the inputs for the items in `rows`. */
  feed<T>(rows: Int32Array, call: (inputs: (Tensor | Int32Array)[]) => T): T;
  dispose(): void;
}

/**
 * Images of at most `residentMegabytes` (of 10^6 bytes) are kept with their labels as variables of the session, which
 * copies them once, and are gathered inside the graph; of more, each batch is gathered outside and fed.
 */
export function itemSource(tf: TensorFlow, items: Batch, residentMegabytes: number): ItemSource {
  const megabytes = (items.images.size * 4) / 1e6;
  return megabytes <= residentMegabytes ? residentSource(tf, items) : fedSource(tf, items);
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

function residentSource(tf: TensorFlow, { images, label }: Batch): ItemSource {
  const variables = [images, label].flatMap((tensor) => (tensor ? tf.variable(tensor, false) : []));
  const [residentImages, residentLabel] = variables as unknown as [Tensor, Tensor2D?];
  const resident = { images: residentImages, label: residentLabel };
  return {
    resident: true,
    examples: (count) => [tf.tensor1d(new Int32Array(count), "int32")],
    batch: ([rows]) => gatherBatch(tf, resident, rows as Tensor1D),
    feed: (rows, call) => call([rows]),
    dispose: () => tf.dispose(variables),
  };
}

function fedSource(tf: TensorFlow, items: Batch): ItemSource {
  const tensors = ({ images, label }: Batch): Tensor[] => (label ? [images, label] : [images]);
  return {
    resident: false,
    examples: (count) => tensors(items).map((tensor) => tf.slice(tensor, 0, count)),
    batch: ([images, label]) => ({ images: images as Tensor, label: label as Tensor2D }),
    feed(rows, call) {
      const inputs = tf.tidy(() => tensors(gatherBatch(tf, items, tf.tensor1d(rows, "int32"))));
      try {
        return call(inputs);
      } finally {
        tf.dispose(inputs);
      }
    },
    dispose() {},
  };
}
