/** A program with one training step; the default export sets it up in a worker thread that owns it. */
import { elboTerms, objective } from "@vaeport/train";
import { adam, gatherRows, Program, randomStream } from "@vaeport/train/graph";
import { BATCH } from "../nets.mjs";
import { settingOf } from "./setting.mjs";

/**
 * @typedef {object} StepProgram
 * @property {Program} program
 * @property {import("@vaeport/train/graph").TrainFunction<any, ReturnType<import("./setting.mjs").TensorFlow["zeros"]>>} step
 * @property {Record<string, string>} versions
 */

/**
 * The step takes the row numbers of a batch and gives its loss in nats per item.
 *
 * @param {import("./setting.mjs").TensorFlow} tf
 * @param {import("../nets.mjs").NetName} net
 * @returns {Promise<StepProgram>}
 */
export async function stepProgram(tf, net) {
  const { config, dataset, vae, versions } = await settingOf(tf, net);
  const images = tf.variable(dataset.train, false, `images_${net}`);
  dataset.dispose();
  const random = randomStream(tf, { seed: 1, name: `noise_${net}` });
  const program = new Program(tf);
  const step = program.train(
    "step",
    (rows) => {
      const x = gatherRows(tf, images, /** @type {any} */ (rows));
      const noise = random.normal([1, rows.size, config.latent.size]);
      const terms = elboTerms(tf, vae, { x }, /** @type {any} */ (noise), true);
      const weights = { beta: tf.scalar(1), capacity: tf.scalar(0) };
      return objective(tf, config.objective, terms, weights);
    },
    [tf.zeros([BATCH], "int32")],
    { variables: vae.variables, optimizer: adam({ learningRate: 1e-3 }) },
  );
  return { program, step, versions };
}

/** @type {import("@vaeport/train/graph").SetUp<{ net: import("../nets.mjs").NetName }>} */
const setUp = async (tf, { net }) => {
  const { program, step } = await stepProgram(tf, net);
  return { program, functions: { step } };
};
export default setUp;
