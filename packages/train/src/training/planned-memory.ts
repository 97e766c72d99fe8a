/** What a training takes at its peak: measured where it can be, estimated from above where it cannot. */
import type { LayersModel } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import { EVALUATION_BATCH } from "../evaluation/evaluate.js";
import { outputSizes } from "../vae/output-sizes.js";
import type { Vae } from "../vae/vae.js";

/** Memory of the process at its peak, in 10^6 bytes. */
export interface PlannedMemory {
  /** All of the following but `data`. What a step took is not always given back before an evaluation. */
  total: number;
  /** Node and TensorFlow, and what reading the data took: the largest so far, measured. */
  process: number;
  /** Of `process`, the items as float32; the graph's session shares them. */
  data: number;
  /** Weights, gradients, both moments of Adam; the moving average and the best weights where they are kept. */
  weights: number;
  /** Copies of all those but the gradients, while a checkpoint is written. */
  checkpoint: number;
  /** Outputs of all layers for one batch, every draw of z decoded, and their gradients. */
  step: number;
  /** The widest layers for a batch of held-out items; pictures take no larger one. */
  evaluation: number;
  /** Compiled graphs, and all that draws pictures. */
  graphs: number;
}

const MEGABYTE = 1e6;
const FLOAT = 4;

/** Measured over dense and convolutional nets of MNIST and Fashion-MNIST on Linux; hardly of a net's size. */
const GRAPHS = 150;

/** Values as they are taken out of TensorFlow, and joined to be written. */
const CHECKPOINT_COPIES = 2;

/** Of a process that has read the data and built the networks. */
export function plannedMemory(
  { training, objective }: TrainConfig,
  { train, test }: Dataset,
  { encoder, decoder }: Vae,
): PlannedMemory {
  const megabytes = (floats: number) => (FLOAT * floats) / MEGABYTE;
  const kept = 3 + (training.weightAverage ? 1 : 0) + (training.earlyStop ? 1 : 0);
  const parameters = encoder.countParams() + decoder.countParams();
  const held = Math.min(EVALUATION_BATCH, test.shape[0]);
  const outputs = sum(encoder) + objective.samples * sum(decoder);
  const parts = {
    process: (process.resourceUsage().maxRSS * 1024) / MEGABYTE,
    data: megabytes(train.size + test.size),
    weights: megabytes((kept + 1) * parameters),
    checkpoint: megabytes(CHECKPOINT_COPIES * kept * parameters),
    step: megabytes(2 * training.batchSize * outputs),
    evaluation: megabytes(held * Math.max(widest(encoder), widest(decoder))),
    graphs: GRAPHS,
  };
  const { data: _, ...apart } = parts;
  return { total: Object.values(apart).reduce((a, b) => a + b), ...parts };
}

function sum(network: LayersModel): number {
  return outputSizes(network).reduce((a, b) => a + b);
}

/** Numbers that the layer which needs most has at once for one item: what it takes, and gives before and after its activation. */
function widest(network: LayersModel): number {
  const sizes = outputSizes(network);
  return Math.max(...sizes.map((size, i) => (sizes[i - 1] ?? 0) + 2 * size));
}
