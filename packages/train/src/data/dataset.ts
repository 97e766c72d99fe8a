/** A dataset: training and held-out images, each held by TensorFlow as one tensor. */
import type { Tensor4D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import { DataError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { type ByteImages, readMnist } from "./mnist.js";

export interface Dataset {
  name: string;
  /** Shape of one item, [H, W, C]. */
  itemShape: [number, number, number];
  /** Smallest and largest value of a pixel. */
  range: [number, number];
  /** float32 [N, H, W, C] in `range`, never used to evaluate. */
  train: Tensor4D;
  /** float32 [N, H, W, C] in `range`, held out from training. */
  test: Tensor4D;
  /** Frees both tensors. */
  dispose(): void;
}

const READERS = {
  mnist: () => readMnist(),
} as const satisfies Record<
  TrainConfig["data"]["name"],
  () => Promise<{ train: ByteImages; test: ByteImages }>
>;

/**
 * Reads the dataset a configuration names, cut to its `trainItems` and `testItems`.
 *
 * @throws DataError when the files are not sound, or fewer items exist than are asked for
 * @throws MissingPackageError when the package that holds the files is not installed
 */
export async function loadDataset(tf: TensorFlow, config: TrainConfig["data"]): Promise<Dataset> {
  const bytes = await READERS[config.name]();
  const [, ...itemShape] = bytes.train.shape;
  const train = imagesTensor(tf, bytes.train, config.trainItems, "data.trainItems");
  const test = imagesTensor(tf, bytes.test, config.testItems, "data.testItems");
  return {
    name: config.name,
    itemShape,
    range: [0, 1],
    train,
    test,
    dispose: () => tf.dispose([train, test]),
  };
}

function imagesTensor(
  tf: TensorFlow,
  { shape, values }: ByteImages,
  limit: number | undefined,
  key: string,
): Tensor4D {
  const [available, ...itemShape] = shape;
  const count = limit ?? available;
  if (count > available) {
    throw new DataError(`${key}: ${count} items asked for, the dataset has ${available}.`);
  }
  const pixels = new Float32Array(count * itemShape.reduce((a, b) => a * b));
  for (let i = 0; i < pixels.length; i++) pixels[i] = values[i]! / 255;
  return tf.tensor4d(pixels, [count, ...itemShape]);
}
