/** Pictures of what the decoder draws: samples, reconstructions, interpolations, traversals, a manifold. */
import type { Canvas } from "@napi-rs/canvas";
import type { Tensor2D } from "@tensorflow/tfjs-node";
import { seededNormal } from "@vaeport/infer/random";
import type { TensorFlow } from "../tensorflow/index.js";
import { drawImageTable, type ImageRow } from "./image-table.js";
import { normalQuantile } from "./normal-quantile.js";
import {
  decodeMean,
  dimensionLabel,
  dimensionsByRate,
  encodeHeldOut,
  type PictureSource,
  read,
  standing,
} from "./source.js";

const COLUMNS = 10;
const SAMPLE_ROWS = 6;
const PAIR_ROWS = 3;
const INTERPOLATIONS = 6;
const TRAVERSED = 10;
/** Standard deviations of the prior, in equal steps. */
const TRAVERSAL = [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3];
/** Images along a side of the manifold, and pixels of a side of each at the least. */
const MANIFOLD = 20;
const MANIFOLD_CELL = 56;

/** Means of the decoder at seeded draws of the prior, the same draws that `@vaeport/infer` takes for that seed. */
export function drawSamples(tf: TensorFlow, source: PictureSource): Canvas {
  const { name, seed, latent } = source.config;
  const { classes } = source.vae;
  const rows = classes?.length ?? SAMPLE_ROWS;
  const count = COLUMNS * rows;
  const decoded = tf.tidy(() => {
    const z = tf.tensor2d(seededNormal(seed, count * latent.size), [count, latent.size]);
    const labels = Int32Array.from({ length: count }, (_, i) => Math.floor(i / COLUMNS));
    return decodeMean(tf, source, z, labels);
  });
  const images = read(source, decoded);
  return drawImageTable({
    title: `${name}: samples from the prior`,
    subtitle: `Decoder mean at ${count} draws z ~ N(0, I), seed ${seed}, ${standing(source)}`,
    columns: COLUMNS,
    rows: Array.from({ length: rows }, (_, row) => ({
      ...{ images, first: row * COLUMNS },
      ...(classes && { label: classes[row]! }),
    })),
  });
}

/** Rows of held-out items, each above the decoder's mean at the posterior's mean. */
export function drawReconstructions(tf: TensorFlow, source: PictureSource): Canvas {
  const available = source.dataset.test.shape[0];
  const columns = Math.min(COLUMNS, available);
  const pairs = Math.min(PAIR_ROWS, Math.floor(available / columns));
  const [x, reconstruction] = tf.tidy(() => {
    const { x, mean, labels } = encodeHeldOut(tf, source, columns * pairs);
    return [x, decodeMean(tf, source, mean, labels)] as const;
  });
  const rows = { original: read(source, x), reconstruction: read(source, reconstruction) };
  return drawImageTable({
    title: `${source.config.name}: reconstructions`,
    subtitle: `Held-out items above the decoder's mean at their posterior mean, ${standing(source)}`,
    columns,
    group: 2,
    rows: Array.from({ length: pairs }, (_, pair) =>
      Object.entries(rows).map(([label, images]) => ({ label, images, first: pair * columns })),
    ).flat(),
  });
}

/** From one held-out item to the next, in equal steps between their posterior means. */
export function drawInterpolations(tf: TensorFlow, source: PictureSource): Canvas | undefined {
  const rows = Math.min(INTERPOLATIONS, Math.floor(source.dataset.test.shape[0] / 2));
  if (rows === 0) return undefined;
  const steps = Array.from({ length: COLUMNS - 2 }, (_, i) => i / (COLUMNS - 3));
  const images = tf.tidy(() => {
    const { x, mean, labels } = encodeHeldOut(tf, source, 2 * rows);
    const parts = Array.from({ length: rows }, (_, row) => {
      const [from, to] = [2 * row, 2 * row + 1].map((item) => tf.slice(mean, item, 1));
      const z = steps.map((t) => tf.add(tf.mul(from!, 1 - t), tf.mul(to!, t)));
      const label = labels && new Int32Array(steps.length).fill(labels[2 * row]!);
      const between = decodeMean(tf, source, tf.concat(z) as Tensor2D, label);
      return tf.concat([tf.slice(x, 2 * row, 1), between, tf.slice(x, 2 * row + 1, 1)]);
    });
    return tf.concat(parts);
  });
  const batch = read(source, images);
  return drawImageTable({
    title: `${source.config.name}: interpolations`,
    subtitle: `Decoder mean between the posterior means of two held-out items, ${standing(source)}`,
    columns: COLUMNS,
    headings: ["item", ...steps.map((t) => `t = ${t.toFixed(2)}`), "item"],
    rows: Array.from({ length: rows }, (_, row) => ({ images: batch, first: row * COLUMNS })),
  });
}

/** One latent dimension a row, from -3 to 3, the others at the posterior mean of the first held-out item. */
export function drawTraversal(tf: TensorFlow, source: PictureSource): Canvas {
  const dimensions = dimensionsByRate(source).slice(0, TRAVERSED);
  const columns = TRAVERSAL.length;
  const decoded = tf.tidy(() => {
    const { mean, labels } = encodeHeldOut(tf, source, 1);
    const start = mean.dataSync<"float32">();
    const rows = dimensions.flatMap(({ dimension }) =>
      TRAVERSAL.map((value) => start.map((at, i) => (i === dimension ? value : at))),
    );
    const z = tf.tensor2d(rows.map((row) => [...row]));
    const label = labels && new Int32Array(rows.length).fill(labels[0]!);
    return decodeMean(tf, source, z, label);
  });
  const images = read(source, decoded);
  const rows = dimensions.map((each, row): ImageRow => {
    return { images, first: row * columns, label: dimensionLabel(each) };
  });
  return drawImageTable({
    title: `${source.config.name}: latent traversal`,
    subtitle: `One dimension at a time, those of the largest rate; the others as the first held-out item has them`,
    columns,
    rows,
    headings: TRAVERSAL.map((value) => value.toFixed(2).replace("-", "−")),
  });
}

/**
 * The plane of two latent dimensions, at equal steps of the prior's probability: Kingma and Welling (2013), figure 4.
 * A conditional model draws it for its first class.
 */
export function drawManifold(tf: TensorFlow, source: PictureSource): Canvas | undefined {
  if (source.config.latent.size !== 2) return undefined;
  const quantiles = Array.from({ length: MANIFOLD }, (_, i) => {
    return normalQuantile((i + 0.5) / MANIFOLD);
  });
  const decoded = tf.tidy(() => {
    const z = quantiles.toReversed().flatMap((second) => quantiles.map((first) => [first, second]));
    return decodeMean(tf, source, tf.tensor2d(z), new Int32Array(z.length));
  });
  const images = read(source, decoded);
  const [, height, width] = images.shape;
  return drawImageTable({
    title: `${source.config.name}: latent manifold`,
    subtitle: `z1 to the right and z2 upwards, at equal steps of the prior's probability, ${standing(source)}`,
    columns: MANIFOLD,
    rows: quantiles.toReversed().map((value, row) => {
      return { images, first: row * MANIFOLD, label: `z2 = ${signed(value)}` };
    }),
    headings: quantiles.map(signed),
    scale: Math.max(1, Math.round(MANIFOLD_CELL / Math.max(height, width))),
    gap: 1,
  });
}

function signed(value: number): string {
  return value.toFixed(2).replace("-", "−");
}
