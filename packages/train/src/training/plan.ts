/** What a training would be, without one: sizes and memory of a configuration, on its real data. */
import type { LayersModel } from "@tensorflow/tfjs-node";
import { parseConfig, type TrainConfig } from "../config.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { loadTensorFlow } from "../tensorflow/index.js";
import { outputSizes } from "../vae/output-sizes.js";
import { buildVae, type Vae } from "../vae/vae.js";
import { requireFit } from "./requirements.js";

/** What a training would be: its configuration with all defaults, sizes and memory. */
export interface Plan {
  config: TrainConfig;
  dataset: { name: string; itemShape: number[]; trainItems: number; testItems: number };
  stepsPerEpoch: number;
  /** Trainable and not. */
  parameters: { encoder: number; decoder: number };
  /** Of 10^6 bytes. What TensorFlow itself takes, some hundreds of megabytes, comes on top. */
  megabytes: PlannedMemory;
}

/** Memory that a training takes, in 10^6 bytes. */
export interface PlannedMemory {
  /** Items as float32; the graph's session shares them. */
  data: number;
  /** Weights, gradients, both moments of Adam; the moving average and the best weights where they are kept. */
  weights: number;
  /** Outputs of all layers for one batch, every draw of z decoded, and their gradients: an estimate from above. */
  activations: number;
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
      megabytes: memoryOf(config, dataset, vae),
    };
  } finally {
    vae?.dispose();
    dataset.dispose();
  }
}

const MEGABYTE = 1e6;
const FLOAT = 4;

function memoryOf(
  { training, objective }: TrainConfig,
  { train, test }: Dataset,
  vae: Vae,
): PlannedMemory {
  const copies = 4 + (training.weightAverage ? 1 : 0) + (training.earlyStop ? 1 : 0);
  const networks = [vae.encoder, vae.decoder];
  const parameters = networks.reduce((sum, network) => sum + network.countParams(), 0);
  const sum = (network: LayersModel) => outputSizes(network).reduce((a, b) => a + b);
  const outputs = sum(vae.encoder) + objective.samples * sum(vae.decoder);
  return {
    data: (FLOAT * (train.size + test.size)) / MEGABYTE,
    weights: (copies * FLOAT * parameters) / MEGABYTE,
    activations: (2 * FLOAT * training.batchSize * outputs) / MEGABYTE,
  };
}
