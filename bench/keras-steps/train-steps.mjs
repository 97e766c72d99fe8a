/** The first steps of keras-conv-2, and what another trainer needs to take the same. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildVae, loadDataset, readConfig } from "@vaeport/train";
import { standardNormal } from "@vaeport/train/graph";
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { batches, shuffledOrder } from "../../packages/train/dist/data/shuffle.js";
import { createEngine } from "../../packages/train/dist/training/engine.js";
import { DRAWS_PER_BATCH } from "../../packages/train/dist/training/step.js";
import { repository } from "../../scripts/lib/folders.mjs";

/**
 * Leaves `sizes.json`, `weights.bin`, `pixels.bin` and `noise.bin` in the folder: what the first steps begin with, as the
 * training of this seed does. Returns the -ELBO of each step.
 *
 * @param {string} folder
 * @param {number} steps at most those of an epoch
 * @param {number} seed
 */
export async function trainSteps(folder, steps, seed) {
  const tf = await loadTensorFlow();
  const file = join(repository, "packages", "train", "configs", "keras-conv-2.json");
  const config = { ...(await readConfig(file)), seed };
  const { batchSize, optimizer } = config.training;
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const write = (/** @type {string} */ name, /** @type {(Uint8Array | Float32Array)[]} */ parts) =>
    writeFileSync(
      join(folder, name),
      Buffer.concat(
        parts.map(({ buffer, byteOffset, byteLength }) =>
          Buffer.from(buffer, byteOffset, byteLength),
        ),
      ),
    );
  const order = shuffledOrder(dataset.train.shape[0], seed, 1);
  const rows = batches(order, batchSize).slice(0, steps);
  const noiseOf = (/** @type {number} */ step) => Int32Array.of(seed, step * DRAWS_PER_BATCH);
  const sizes = { steps, batch: batchSize, latent: config.latent.size };
  writeFileSync(join(folder, "sizes.json"), JSON.stringify(sizes));
  const weights = vae.variables.map((each) => /** @type {Float32Array} */ (each.dataSync()));
  write("weights.bin", weights);
  const pixels = rows.map((batch) => pixelsOf(tf, dataset.train, batch));
  write("pixels.bin", pixels);
  const shape = [batchSize, config.latent.size];
  const draws = rows.map((_, step) => latentNoise(tf, shape, noiseOf(step)));
  write("noise.bin", draws);
  const engine = createEngine({ tf, vae, dataset, config, average: undefined });
  const reports = rows.flatMap((batch, step) =>
    engine.train([
      {
        rows: batch,
        noise: noiseOf(step),
        weights: { beta: 1, capacity: 0 },
        learningRate: optimizer.learningRate,
        averageDecay: 1,
      },
    ]),
  );
  return reports.map(({ terms }) => Number(terms[0]) + Number(terms[1]));
}

/**
 * Bytes again, exactly.
 *
 * @param {import("@vaeport/train/tensorflow").TensorFlow} tf
 * @param {import("@vaeport/train").Dataset["train"]} items
 * @param {Int32Array} rows
 */
function pixelsOf(tf, items, rows) {
  return tf.tidy(() => {
    const batch = tf.gather(items, tf.tensor1d(rows, "int32"));
    return Uint8Array.from(tf.round(tf.mul(batch, 255)).dataSync());
  });
}

/**
 * The draws of z that a step takes: the second of its two.
 *
 * @param {import("@vaeport/train/tensorflow").TensorFlow} tf
 * @param {number[]} shape
 * @param {Int32Array} noise
 */
function latentNoise(tf, shape, noise) {
  return tf.tidy(() => {
    const state = tf.tensor1d([Number(noise[0]), Number(noise[1]) + 1], "int32");
    return /** @type {Float32Array} */ (standardNormal(tf, shape, state).dataSync());
  });
}
