/** What a training would be, without one: sizes and memory of a configuration, on its real data. */
import { parseConfig, type TrainConfig } from "../config.js";
import { loadDataset } from "../data/dataset.js";
import { loadTensorFlow } from "../tensorflow/index.js";
import { buildVae, type Vae } from "../vae/vae.js";
import { type PlannedMemory, plannedMemory } from "./planned-memory.js";
import { requireFit } from "./requirements.js";

/** What a training would be: its configuration with all defaults, sizes and memory. */
export interface Plan {
  config: TrainConfig;
  dataset: { name: string; itemShape: number[]; trainItems: number; testItems: number };
  stepsPerEpoch: number;
  /** Trainable and not. */
  parameters: { encoder: number; decoder: number };
  megabytes: PlannedMemory;
}

/** Reads the data and builds the networks of a configuration, as `train` would, and measures them. */
export async function planTraining(given: TrainConfig): Promise<Plan> {
  const config = parseConfig(given);
  const tf = await loadTensorFlow();
  const dataset = await loadDataset(tf, config.data);
  const [trainItems, testItems] = [dataset.train.shape[0], dataset.test.shape[0]];
  let vae: Vae | undefined;
  try {
    requireFit(tf, config, dataset);
    vae = buildVae(tf, config, dataset);
    return {
      config,
      dataset: { name: dataset.name, itemShape: [...dataset.itemShape], trainItems, testItems },
      stepsPerEpoch: Math.ceil(trainItems / config.training.batchSize),
      parameters: { encoder: vae.encoder.countParams(), decoder: vae.decoder.countParams() },
      megabytes: plannedMemory(config, dataset, vae),
    };
  } finally {
    vae?.dispose();
    dataset.dispose();
  }
}
