/** Whether a configuration and its data fit each other, asked before anything is built of them. */
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { ConfigError } from "../errors.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { checkData } from "../vae/likelihood/index.js";

/**
 * @throws ConfigError when a batch is larger than the training set
 * @throws DataError when items cannot have come from the likelihood
 */
export function requireFit(tf: TensorFlow, config: TrainConfig, dataset: Dataset): void {
  requireBatch(config.training.batchSize, dataset.train.shape[0]);
  for (const split of ["train", "test"] as const) {
    const { name, range, [split]: items } = dataset;
    checkData(tf, config.likelihood, { name: `${name}, ${split} items`, range, items });
  }
}

/** @throws ConfigError when a batch is larger than the data */
export function requireBatch(batchSize: number, items: number): void {
  if (batchSize <= items) return;
  const message = `expected at most the number of training items, ${items}, got ${batchSize}; make it smaller`;
  throw new ConfigError("config", [{ path: "training.batchSize", message }]);
}
