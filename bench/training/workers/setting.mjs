/** What the workers in JavaScript share: TensorFlow, the data, a VAE, shuffled batches. */
import { buildVae, loadDataset, parseConfig } from "@vaeport/train";
import { loadTensorFlow } from "@vaeport/train/tensorflow";
import { BATCH, configOf, EPOCH_STEPS, ITEMS } from "../nets.mjs";

/** @typedef {import("@vaeport/train/tensorflow").TensorFlow} TensorFlow */

/**
 * @typedef {object} Setting
 * @property {import("../nets.mjs").NetName} net
 * @property {TensorFlow} tf
 * @property {import("@vaeport/train").TrainConfig} config
 * @property {import("@vaeport/train").Dataset} dataset
 * @property {import("@vaeport/train").Vae} vae
 * @property {Record<string, string>} versions
 */

/**
 * The net is the last argument of a worker.
 *
 * @returns {Promise<Setting>}
 */
export async function loadSetting() {
  const net = /** @type {import("../nets.mjs").NetName} */ (process.argv.at(-1));
  return settingOf(await loadTensorFlow(), net);
}

/**
 * @param {TensorFlow} tf
 * @param {import("../nets.mjs").NetName} net
 * @returns {Promise<Setting>}
 */
export async function settingOf(tf, net) {
  const config = parseConfig(configOf(net));
  const dataset = await loadDataset(tf, config.data);
  const vae = buildVae(tf, config, dataset);
  const native = /** @type {{ binding: { TF_Version: string } }} */ (
    /** @type {unknown} */ (tf.backend())
  );
  const versions = {
    Node: process.versions.node,
    "tfjs-node": tf.version["tfjs-node"],
    TensorFlow: native.binding.TF_Version,
  };
  return { net, tf, config, dataset, vae, versions };
}

/**
 * The rows of successive windows of `batches` batches, for ever; each epoch in a new order.
 *
 * @param {TensorFlow} tf
 * @param {number} batches divides the number of batches in an epoch
 * @returns {Generator<Int32Array>}
 */
export function* shuffledRows(tf, batches) {
  const size = batches * BATCH;
  for (;;) {
    const order = Int32Array.from(tf.util.createShuffledIndices(ITEMS));
    for (let i = 0; i < EPOCH_STEPS / batches; i++) yield order.subarray(i * size, (i + 1) * size);
  }
}
