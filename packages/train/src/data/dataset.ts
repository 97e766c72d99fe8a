/** A dataset: training and held-out items, each held by TensorFlow as one tensor. */
import type { Tensor4D } from "@tensorflow/tfjs-node";
import type { TrainConfigInput } from "../config.js";
import { DataError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { FASHION_CLASSES, readFashionMnist } from "./fashion-mnist.js";
import { MNIST_CLASSES, readMnist } from "./mnist.js";
import type { DataSource, ItemArray, ReadProgress } from "./source.js";

/** The class of each item, as an index into `names`. */
export interface Labels {
  names: readonly string[];
  train: Int32Array;
  test: Int32Array;
}

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
  /** Where the items are labelled. */
  labels?: Labels;
  /** Frees both tensors. */
  dispose(): void;
}

type DataConfig = TrainConfigInput["data"];

const READERS = {
  async mnist() {
    return { ...(await readMnist()), classes: MNIST_CLASSES, range: [0, 1] };
  },
  async "fashion-mnist"(_config, onProgress) {
    const sets = await readFashionMnist(undefined, onProgress);
    return { ...sets, classes: FASHION_CLASSES, range: [0, 1] };
  },
} as const satisfies Record<
  DataConfig["name"],
  (config: DataConfig, onProgress?: ReadProgress) => Promise<DataSource>
>;

/**
 * Reads the dataset a configuration names, cut to its `trainItems` and `testItems`.
 *
 * @throws DataError when the files are not sound, or fewer items exist than are asked for
 * @throws MissingPackageError when the package that holds the files is not installed
 */
export async function loadDataset(
  tf: TensorFlow,
  config: DataConfig,
  { onProgress }: { onProgress?: ReadProgress } = {},
): Promise<Dataset> {
  const source: DataSource = await READERS[config.name](config, onProgress);
  const { classes } = source;
  const [, ...itemShape] = source.train.shape;
  const cutTest = firstItems(source.test, config.testItems, "data.testItems");
  const all = config.includeHeldOut ? concatenate(source.train, source.test) : source.train;
  const cutTrain = firstItems(all, config.trainItems, "data.trainItems");
  const [train, test] = [itemsTensor(tf, cutTrain), itemsTensor(tf, cutTest)];
  return {
    name: config.name,
    itemShape,
    range: source.range,
    train,
    test,
    ...(classes && {
      labels: { names: classes, train: labelsOf(cutTrain), test: labelsOf(cutTest) },
    }),
    dispose: () => tf.dispose([train, test]),
  };
}

/** The first `limit` items, all without one. */
function firstItems(items: ItemArray, limit: number | undefined, key: string): ItemArray {
  const [available, ...itemShape] = items.shape;
  const count = limit ?? available;
  if (count > available) {
    throw new DataError(`${key}: ${count} items asked for, the dataset has ${available}.`);
  }
  return {
    shape: [count, ...itemShape],
    values: items.values.subarray(0, count * itemSize(items)),
    ...(items.labels && { labels: items.labels.subarray(0, count) }),
  };
}

function concatenate(first: ItemArray, second: ItemArray): ItemArray {
  const [count, ...itemShape] = first.shape;
  const parts = [first, second];
  return {
    shape: [count + second.shape[0], ...itemShape],
    values: joinArrays(parts.map(({ values }) => values)),
    ...(first.labels && { labels: joinArrays(parts.map((part) => labelsOf(part))) }),
  };
}

function joinArrays<T extends Uint8Array | Int32Array | Float32Array>(parts: readonly T[]): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (parts[0]!.constructor as new (length: number) => T)(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function labelsOf({ labels }: ItemArray): Int32Array {
  return Int32Array.from(labels ?? []);
}

/** float32, bytes scaled to 0..1. */
function itemsTensor(tf: TensorFlow, { shape, values }: ItemArray): Tensor4D {
  if (values instanceof Float32Array) return tf.tensor4d(values, shape);
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = values[i]! / 255;
  return tf.tensor4d(scaled, shape);
}

function itemSize({ shape: [, height, width, channels] }: ItemArray): number {
  return height * width * channels;
}
