/** The pictures of a run: samples from the prior, reconstructions beside their originals, the training curve. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Canvas } from "@napi-rs/canvas";
import type { Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-node";
import { seededNormal } from "@vaeport/infer/random";
import type { TrainConfig } from "../config.js";
import type { Dataset } from "../data/dataset.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { finalMetrics } from "../training/early-stop.js";
import { replaceFolder } from "../training/files.js";
import type { EpochMetrics } from "../training/loop.js";
import { drawPixels, oneHot } from "../training/step.js";
import type { Vae } from "../vae/vae.js";
import { drawCurves } from "./curves.js";
import { createFigure, FAINT_INK, type Figure, writeText } from "./figure.js";
import { drawRow, GAP, gridExtent, gridScale, type ImageBatch } from "./grid.js";

/** A trained model and what it was trained on. */
export interface PictureSource {
  vae: Vae;
  dataset: Dataset;
  config: TrainConfig;
  metrics: readonly EpochMetrics[];
}

const COLUMNS = 10;
const SAMPLE_ROWS = 6;
const PAIR_ROWS = 3;
/** Between one pair of rows and the next, in pixels. */
const PAIR_GAP = 18;
/** Room for the labels of the rows, in pixels. */
const LABELS = 112;

/** Draws all pictures into a folder, which appears whole and replaces an earlier one; returns their paths. */
export async function drawPictures(
  tf: TensorFlow,
  folder: string,
  source: PictureSource,
): Promise<string[]> {
  const pictures = {
    "samples.png": drawSamples(tf, source),
    "reconstructions.png": drawReconstructions(tf, source),
    "training-curve.png": drawTrainingCurve(source),
  };
  await replaceFolder(folder, async (temporary) => {
    for (const [name, canvas] of Object.entries(pictures)) {
      await writeFile(join(temporary, name), await canvas.encode("png"));
    }
  });
  return Object.keys(pictures).map((name) => join(folder, name));
}

/** Means of the decoder at seeded draws of the prior, the same draws that `@vaeport/infer` takes for that seed. */
function drawSamples(tf: TensorFlow, source: PictureSource): Canvas {
  const { name, seed, latent } = source.config;
  const { classes } = source.vae;
  const rows = classes?.length ?? SAMPLE_ROWS;
  const count = COLUMNS * rows;
  const images = read(
    tf.tidy(() => {
      const z = tf.tensor2d(seededNormal(seed, count * latent.size), [count, latent.size]);
      const labels = Int32Array.from({ length: count }, (_, i) => Math.floor(i / COLUMNS));
      return decodeMean(tf, source, z, labels);
    }),
  );
  const { width, height } = cell(images);
  const labels = classes ? LABELS : 0;
  const size = { width: labels + gridExtent(COLUMNS, width), height: gridExtent(rows, height) };
  const { canvas, context, left, top } = createFigure(size, {
    title: `${name}: samples from the prior`,
    subtitle: `Decoder mean at ${count} draws z ~ N(0, I), seed ${seed}, ${standing(source)}`,
  });
  for (let row = 0; row < rows; row++) {
    const place = { left: left + labels, top: top + row * (height + GAP) };
    drawRow(context, images, { first: row * COLUMNS, columns: COLUMNS, ...place });
    if (classes) writeRowLabel(context, classes[row]!, place, height);
  }
  return canvas;
}

/** Rows of held-out items, each above the decoder's mean at the posterior's mean. */
function drawReconstructions(tf: TensorFlow, source: PictureSource): Canvas {
  const available = source.dataset.test.shape[0];
  const columns = Math.min(COLUMNS, available);
  const pairs = Math.min(PAIR_ROWS, Math.floor(available / columns));
  const rows = reconstruct(tf, source, columns * pairs);
  const { width, height } = cell(rows.original);
  const pairHeight = gridExtent(2, height);
  const size = {
    width: LABELS + gridExtent(columns, width),
    height: pairs * pairHeight + (pairs - 1) * PAIR_GAP,
  };
  const figure = createFigure(size, {
    title: `${source.config.name}: reconstructions`,
    subtitle: `Held-out items above the decoder's mean at their posterior mean, ${standing(source)}`,
  });
  const left = figure.left + LABELS;
  for (let pair = 0; pair < pairs; pair++) {
    Object.entries(rows).forEach(([label, images], row) => {
      const top = figure.top + pair * (pairHeight + PAIR_GAP) + row * (height + GAP);
      drawRow(figure.context, images, { first: pair * columns, columns, left, top });
      writeRowLabel(figure.context, label, { left, top }, height);
    });
  }
  return figure.canvas;
}

/** Left of a row of images, in its middle. */
function writeRowLabel(
  context: Figure["context"],
  text: string,
  { left, top }: { left: number; top: number },
  height: number,
): void {
  const place = { x: left - 10, y: top + height / 2 + 4, align: "right" } as const;
  writeText(context, text, { ...place, font: "12px", colour: FAINT_INK });
}

/** The first held-out items as the model sees them, and what it makes of them. */
function reconstruct(tf: TensorFlow, source: PictureSource, count: number) {
  const { dataset, config, vae } = source;
  const [original, reconstruction] = tf.tidy(() => {
    const items = tf.slice(dataset.test, 0, count) as Tensor4D;
    const noise = tf.tensor1d([config.seed, 0], "int32");
    const x = drawPixels(tf, config.data.binarisation, items, noise);
    const labels = dataset.labels?.test.subarray(0, count);
    const label = vae.classes && oneHot(tf, labels!, vae.classes.length);
    return [x, decodeMean(tf, source, vae.encode(x, { label }).mean, labels)] as [Tensor, Tensor];
  });
  return { original: read(original), reconstruction: read(reconstruction) };
}

function drawTrainingCurve({ config, metrics }: PictureSource): Canvas {
  const { optimizer, batchSize } = config.training;
  return drawCurves(metrics, {
    title: `${config.name}: training`,
    subtitle: `Learning rate ${optimizer.learningRate}, batches of ${batchSize}, seed ${config.seed}`,
  });
}

function standing({ metrics, config }: PictureSource): string {
  const { epoch, test } = finalMetrics(metrics, config.training);
  const epochs = epoch === 1 ? "1 epoch" : `${epoch} epochs`;
  return `after ${epochs}: held-out −ELBO ${test.negativeElbo.toFixed(2)} nats`;
}

/** @param labels of a conditional model */
function decodeMean(
  tf: TensorFlow,
  { vae }: PictureSource,
  z: Tensor2D,
  labels?: Int32Array,
): Tensor {
  const label = vae.classes && oneHot(tf, labels!, vae.classes.length);
  return vae.likelihood.mean(vae.decode(z, { label }));
}

/** Takes the values out of a tensor, and frees it. */
function read(images: Tensor): ImageBatch {
  const values = images.dataSync<"float32">();
  images.dispose();
  return { values, shape: images.shape as [number, number, number, number] };
}

/** Size of one enlarged image. */
function cell({ shape }: ImageBatch): { width: number; height: number } {
  const scale = gridScale(shape);
  return { width: shape[2] * scale, height: shape[1] * scale };
}
