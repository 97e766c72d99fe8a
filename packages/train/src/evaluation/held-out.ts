/** Held-out items that stand for all of them. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { Dataset } from "../data/dataset.js";
import { spreadRows } from "../data/spread.js";
import { gatherRows } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";

/** `count` held-out items from all over the set, [count, ...item], and their classes where it has any. */
export function someHeldOut(
  tf: TensorFlow,
  { test, labels }: Dataset,
  count: number,
): { items: Tensor; labels: Int32Array | undefined } {
  const rows = spreadRows(count, test.shape[0]);
  return {
    items: tf.tidy(() => gatherRows(tf, test, tf.tensor1d(rows, "int32"))),
    labels: labels && rows.map((row) => labels.test[row]!),
  };
}
