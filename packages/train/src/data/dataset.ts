/** A dataset: training and held-out items, each held by TensorFlow as one tensor. */
import type { Tensor } from "@tensorflow/tfjs-node";
import { parseData, type TrainConfig, type TrainConfigInput } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { readArrayFiles } from "./array-files.js";
import { readCsv } from "./csv.js";
import { FASHION_CLASSES, readFashionMnist } from "./fashion-mnist.js";
import { readImageFolder } from "./image-folder.js";
import { MNIST_CLASSES, readMnist } from "./mnist.js";
import { createReading, type Reading, type ReadOptions } from "./reading.js";
import type { Column, DataSource, ItemArray, ItemShape } from "./source.js";
import { joinItems, limitItems } from "./split.js";

/** The class of each item, as an index into `names`. */
export interface Labels {
  names: readonly string[];
  train: Int32Array;
  test: Int32Array;
}

/** Items to train on and items held out, as tensors of the caller's: dispose of it. */
export interface Dataset {
  name: string;
  /** Shape of one item: [H, W, C], or [D] of rows of a table. */
  itemShape: ItemShape;
  /** Smallest and largest value of an item. */
  range: [number, number];
  /** float32 [N, ...item] in `range`, never used to evaluate. */
  train: Tensor;
  /** float32 [N, ...item] in `range`, held out from training. */
  test: Tensor;
  /** Where the items are labelled. */
  labels?: Labels;
  /** What the values of an item are, where they come from a table. */
  columns?: readonly Column[];
  /** Frees both tensors. */
  dispose(): void;
}

type DataConfig = TrainConfig["data"];

const READERS: {
  [N in DataConfig["name"]]: (
    config: Extract<DataConfig, { name: N }>,
    reading: Reading,
  ) => Promise<DataSource>;
} = {
  async mnist() {
    return { ...(await readMnist()), classes: MNIST_CLASSES, range: [0, 1] };
  },
  async "fashion-mnist"(_config, reading) {
    const sets = await readFashionMnist(undefined, reading);
    return { ...sets, classes: FASHION_CLASSES, range: [0, 1] };
  },
  images: readImageFolder,
  npy: readArrayFiles,
  idx: readArrayFiles,
  csv: readCsv,
};

/**
 * Reads the dataset a configuration names, cut to its `trainItems` and `testItems`.
 *
 * @throws DataError when files are not sound (each is named), there are no items, or fewer than are asked for
 * @throws MissingPackageError when the package that holds the files is not installed
 * @throws InterruptedError once `signal` is aborted
 */
export async function loadDataset(
  tf: TensorFlow,
  config: TrainConfigInput["data"],
  options: ReadOptions = {},
): Promise<Dataset> {
  const resolved = parseData(config);
  const read = READERS[resolved.name] as (typeof READERS)["images"];
  const reading = createReading(options);
  const source = await read(resolved as Extract<DataConfig, { name: "images" }>, reading);
  const { trainItems, testItems, pick } = resolved;
  const cutTest = limitItems(source.test, testItems, { key: "data.testItems", pick });
  const all = resolved.includeHeldOut ? joinItems(source.train, source.test) : source.train;
  const cutTrain = limitItems(all, trainItems, { key: "data.trainItems", pick });
  const [, ...itemShape] = cutTrain.shape;
  const [train, test] = [itemsTensor(tf, cutTrain), itemsTensor(tf, cutTest)];
  const labels = labelsOf(source.classes, cutTrain, cutTest);
  return {
    name: source.name ?? resolved.name,
    itemShape,
    range: source.range,
    train,
    test,
    ...(labels && { labels }),
    ...(source.columns && { columns: source.columns }),
    dispose: () => tf.dispose([train, test]),
  };
}

function labelsOf(
  names: readonly string[] | undefined,
  train: ItemArray,
  test: ItemArray,
): Labels | undefined {
  if (!names || !train.labels || !test.labels) return undefined;
  return { names, train: Int32Array.from(train.labels), test: Int32Array.from(test.labels) };
}

/** float32, bytes scaled to 0..1. */
function itemsTensor(tf: TensorFlow, { shape, values }: ItemArray): Tensor {
  if (values instanceof Float32Array) return tf.tensor(values, [...shape]);
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = values[i]! / 255;
  return tf.tensor(scaled, [...shape]);
}
