/** The summary of a finished run: what an exporter needs to know of it. */
import { createRequire } from "node:module";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js";
import { encodeTensor, type RunSummary, type TensorRecord } from "@vaeport/infer/manifest";
import { configHash, type TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";
import type { EpochMetrics } from "./loop.js";
import { drawPixels } from "./step.js";

/** Describes a run by its configuration, data and last epoch. */
export function summarise(
  tf: TensorFlow,
  { config, vae, dataset }: { config: TrainConfig; vae: Vae; dataset: Dataset },
  { epoch, train, test }: EpochMetrics,
): RunSummary {
  return {
    format: "vaeport-run",
    version: 1,
    name: config.name,
    description: config.description,
    license: config.license,
    data: {
      shape: [...dataset.itemShape],
      layout: dataset.itemShape.length === 3 ? "NHWC" : "flat",
      range: dataset.range,
      binarised: config.data.binarisation !== "none",
    },
    latent: { size: config.latent.size, posterior: config.latent.posterior },
    likelihood: { name: config.likelihood.name, parameters: vae.likelihood.constants() },
    ...(vae.classes && { condition: { classes: vae.classes.length, names: [...vae.classes] } }),
    training: {
      dataset: dataset.name,
      configHash: configHash(config),
      seed: config.seed,
      epochs: epoch,
      versions: versions(tf),
      metrics: {
        trainNegativeElbo: train.negativeElbo,
        testNegativeElbo: test.negativeElbo,
        testDistortion: test.distortion,
        testRate: test.rate,
        testActiveUnits: test.activeUnits,
      },
    },
    ...(vae.classes && { label: dataset.labels!.test[0]! }),
    example: example(tf, config, dataset),
  };
}

/** The first held-out item as the model sees it, binary where training drew binary pixels. */
function example(tf: TensorFlow, config: TrainConfig, { test, itemShape }: Dataset): TensorRecord {
  const item = tf.tidy(() => {
    const first = tf.slice(test, 0, 1);
    const noise = tf.tensor1d([config.seed, 0], "int32");
    return drawPixels(tf, config.data.binarisation, first, noise);
  });
  const record = encodeTensor(item.dataSync<"float32">(), [1, ...itemShape]);
  item.dispose();
  return record;
}

function versions(tf: TensorFlow): Record<string, string> {
  const own = createRequire(import.meta.url)("../../package.json") as { version: string };
  return {
    "@vaeport/train": own.version,
    "@tensorflow/tfjs-node": tf.version["tfjs-node"],
    tensorflow: (tf.backend() as NodeJSKernelBackend).binding.TF_Version,
    node: process.versions.node,
  };
}
