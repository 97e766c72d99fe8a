/** log p(x) by importance sampling: log-weights of draws from the encoder's posterior, computed as one graph. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-node";
import type { TrainConfig } from "../config.js";
import { batches } from "../data/shuffle.js";
import { Program, standardNormal } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { gatherBatch } from "../training/item-source.js";
import { type Batch, drawPixels } from "../training/step.js";
import { elboTerms, rateOf } from "../vae/objective.js";
import { outputSizes } from "../vae/output-sizes.js";
import type { Vae } from "../vae/vae.js";
import { LogMeanExp } from "./log-mean-exp.js";

/** A VAE and the images it is measured on. */
export interface ImportanceSource extends Batch {
  tf: TensorFlow;
  vae: Vae;
  binarisation: TrainConfig["data"]["binarisation"];
  latentSize: number;
}

export interface ImportanceOptions {
  /** Draws of z for each image, K. */
  samples: number;
  /** Of the pixels, where they are binarised (once for each image), and of z. */
  seed: number;
  /** Called after each batch with the images that are done. */
  onProgress?: (items: number) => void;
}

/** Numbers of one image, in nats. */
export interface ItemEvidence {
  /** L_K: log of the mean of K weights p(x, z) / q(z | x), which grows towards log p(x) with K. */
  logEvidence: number;
  /** Mean over the draws of -log p(x | z). */
  distortion: number;
  /** KL(q(z | x) || p(z)), in closed form. */
  rate: number;
  /** Mean of the posterior, [k]. */
  mean: Float32Array;
}

/** Elements of the largest tensor in a run of the graph, which bounds the memory. */
const ELEMENTS = 2 ** 21;
/** Draws and images in a run at most. */
const MOST_DRAWS = 100;
const MOST_IMAGES = 500;

/** What a run of the graph gives: of `draws` draws for each of B images, draw by draw, and of the images. */
type Terms = Record<"distortion" | "logRatio", Tensor1D> & { rate: Tensor1D; mean: Tensor2D };
type TermValues = { [K in keyof Terms]: Float32Array };

/**
 * Draws z for every image of a batch, and computes what the weights are made of:
 * log w = log p(x | z) + log p(z) - log q(z | x).
 *
 * @param noise int32 [seed, counter] of the draws
 */
function weightTerms(
  { tf, vae, latentSize }: ImportanceSource,
  draws: number,
  { images, label }: Batch,
  noise: Tensor1D,
): Terms {
  const epsilon = standardNormal<Tensor3D>(tf, [draws, images.shape[0], latentSize], noise);
  const terms = elboTerms(tf, vae, { x: images, label }, epsilon, false);
  return {
    distortion: tf.reshape(terms.distortions, [-1]),
    logRatio: tf.reshape(terms.logPriorRatios(), [-1]),
    rate: rateOf(tf, terms),
    mean: terms.posterior.mean,
  };
}

/**
 * Measures every image with K draws of z, in bounded memory whatever K is; weights are summed in float64. The same
 * samples and seed give the same numbers; another number of samples takes other draws of z for the same pixels.
 */
export function* measureEvidence(
  source: ImportanceSource,
  { samples, seed, onProgress }: ImportanceOptions,
): Generator<ItemEvidence> {
  const { tf, images } = source;
  const count = images.shape[0]!;
  const networks = [source.vae.encoder, source.vae.decoder];
  const largest = Math.max(images.size / count, ...networks.flatMap(outputSizes));
  const rows = Math.max(1, Math.floor(ELEMENTS / largest));
  const draws = Math.min(samples, rows, MOST_DRAWS);
  const size = Math.min(count, MOST_IMAGES, Math.max(1, Math.floor(rows / draws)));
  const x = seenByModel(source, seed);
  const program = new Program(tf);
  try {
    const run = captureTerms(program, source, x, draws, size);
    const order = Int32Array.from({ length: count }, (_, i) => i);
    const runs = Math.ceil(samples / draws);
    for (const [index, batch] of batches(order, size).entries()) {
      const terms = (part: number) => run(batch, Int32Array.of(seed, index * runs + part));
      yield* measureBatch(terms, { items: batch.length, samples, draws });
      onProgress?.(batch.at(-1)! + 1);
    }
  } finally {
    program.dispose();
    tf.dispose(x.label ? [x.images, x.label] : [x.images]);
  }
}

/** The items as the model sees them, binary pixels drawn once; their counter is none that a draw of z has. */
function seenByModel({ tf, images, label, binarisation }: ImportanceSource, seed: number): Batch {
  return tf.tidy(() => {
    const noise = tf.tensor1d([seed, -1], "int32");
    const x = tf.variable(drawPixels(tf, binarisation, images, noise), false);
    return {
      images: x as unknown as Tensor,
      label: label && (tf.variable(label, false) as unknown as Tensor2D),
    };
  });
}

function captureTerms(
  program: Program,
  source: ImportanceSource,
  items: Batch,
  draws: number,
  size: number,
): (rows: Int32Array, noise: Int32Array) => TermValues {
  const { tf } = source;
  const rowsExample = tf.tensor1d(new Int32Array(size), "int32");
  const noiseExample = tf.tensor1d([0, 0], "int32");
  const captured = program.capture(
    "terms",
    (rows: Tensor1D, noise: Tensor1D) =>
      weightTerms(source, draws, gatherBatch(tf, items, rows), noise),
    [rowsExample, noiseExample],
    { variableBatch: true },
  );
  tf.dispose([rowsExample, noiseExample]);
  return (rows, noise) => captured.values(rows, noise) as TermValues;
}

/** Adds up the draws of a batch's images, in float64; of the last run, those beyond K are left out. */
function measureBatch(
  run: (part: number) => TermValues,
  { items, samples, draws }: { items: number; samples: number; draws: number },
): ItemEvidence[] {
  const evidence = Array.from({ length: items }, () => new LogMeanExp());
  const distortion = new Float64Array(items);
  let terms = run(0);
  for (let sample = 0; sample < samples; sample++) {
    const draw = sample % draws;
    if (draw === 0 && sample > 0) terms = run(sample / draws);
    for (let item = 0; item < items; item++) {
      const at = draw * items + item;
      distortion[item]! += terms.distortion[at]!;
      evidence[item]!.add(terms.logRatio[at]! - terms.distortion[at]!);
    }
  }
  const latentSize = terms.mean.length / items;
  return evidence.map((sum, item) => ({
    logEvidence: sum.value(),
    distortion: distortion[item]! / samples,
    rate: terms.rate[item]!,
    mean: terms.mean.slice(item * latentSize, (item + 1) * latentSize),
  }));
}
