/** The reference: tfjs-node's own output on the models that were exported. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeTensor, type TensorRecord } from "@vaeport/infer/manifest";
import { seededNormal } from "@vaeport/infer/random";
import { loadDataset } from "@vaeport/train";
import { loadTensorFlow, type TensorFlow } from "@vaeport/train/tensorflow";
import type { Batch, Outputs } from "./types.js";

type Tensor = ReturnType<TensorFlow["tensor"]>;
type LayersModel = Awaited<ReturnType<TensorFlow["loadLayersModel"]>>;
interface Models {
  encoder: LayersModel;
  decoder: LayersModel;
}

/** A batch to send to the runtimes, and what tfjs-node makes of it. */
export interface ReferenceBatch {
  batch: Batch;
  outputs: Outputs;
}

/** Runs a run folder's models in tfjs-node on held-out MNIST images, once per batch size. */
export async function referenceFromRun(
  run: string,
  batchSizes: readonly number[],
): Promise<ReferenceBatch[]> {
  const tf = await loadTensorFlow();
  const load = (name: string) =>
    tf.loadLayersModel(pathToFileURL(join(run, name, "model.json")).href);
  const models = { encoder: await load("encoder"), decoder: await load("decoder") };
  const count = Math.max(...batchSizes);
  const dataset = await loadDataset(tf, {
    name: "mnist",
    binarisation: "none",
    trainItems: 1,
    testItems: count,
  });
  try {
    return batchSizes.map((size) => referenceBatch(tf, models, dataset.test, size));
  } finally {
    dataset.dispose();
    models.encoder.dispose();
    models.decoder.dispose();
  }
}

/** z is drawn from the posterior with seeded noise; distortion and rate are taken at the mean. */
function referenceBatch(
  tf: TensorFlow,
  { encoder, decoder }: Models,
  images: Tensor,
  size: number,
): ReferenceBatch {
  tf.engine().startScope();
  try {
    const x = tf.slice(images, 0, size);
    const [mean, logVariance] = encoder.predict(x) as [Tensor, Tensor];
    const noise = tf.tensor(seededNormal(7, mean.size), mean.shape);
    const z = tf.add(mean, tf.mul(tf.exp(tf.div(logVariance, 2)), noise));
    const logits = decoder.predict(z) as Tensor;
    const atMean = decoder.predict(mean) as Tensor;
    const total = (values: Tensor) => tf.sum(tf.reshape(values, [size, -1]), 1, true);
    const twiceRate = tf.sub(tf.add(tf.expm1(logVariance), tf.square(mean)), logVariance);
    return {
      batch: { x: record(x), z: record(z) },
      outputs: {
        mean: record(mean),
        log_variance: record(logVariance),
        reconstruction: record(tf.sigmoid(logits)),
        logits: record(logits),
        distortion: record(total(tf.sub(tf.softplus(atMean), tf.mul(x, atMean)))),
        rate: record(tf.div(total(twiceRate), 2)),
      },
    };
  } finally {
    tf.engine().endScope();
  }
}

function record(tensor: Tensor): TensorRecord {
  return encodeTensor(tensor.dataSync() as Float32Array, tensor.shape);
}
