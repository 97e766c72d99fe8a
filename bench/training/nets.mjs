/** The networks that are timed, and how many steps of each make a measurement. */

/**
 * @typedef {object} Net
 * @property {string} title
 * @property {Pick<import("@vaeport/train").TrainConfigInput, "model" | "latent"> & Partial<import("@vaeport/train").TrainConfigInput>} config
 * @property {number} stepsPerVisit steps that a variant is timed over in one round; 1 to 2 s of work
 * @property {number} settlingSteps untimed steps before them, since other variants had the caches
 * @property {{ steps: number, last: number, tolerance: number }} gate after so many steps, the mean loss over the
 *   last of them may differ from the baseline's by this fraction; weights, order and noise are each variant's own
 */

/** @typedef {"dense" | "conv"} PlainName the two that every variant trains */

/**
 * @typedef {"iwae" | "conditional" | "full" | "residual" | "gaussian" | "gaussian-learned" | "gaussian-optimal" |
 *   "continuous-bernoulli" | "logistic"} KindName objectives, likelihoods and architectures
 */

/** @typedef {PlainName | KindName} NetName */

/**
 * The dense net with something else about it.
 *
 * @param {string} title
 * @param {Partial<import("@vaeport/train").TrainConfigInput>} changes
 * @returns {Net}
 */
function kind(title, changes) {
  return {
    title: `Dense net, ${title}`,
    config: { model: { type: "dense", hidden: [400] }, latent: { size: 20 }, ...changes },
    stepsPerVisit: 60,
    settlingSteps: 12,
    // A density's loss passes through 0 on its way down, which makes fractions of it large.
    gate: { steps: 240, last: 60, tolerance: changes.likelihood ? 0.15 : 0.06 },
  };
}

/** @type {Record<NetName, Net>} */
export const NETS = {
  dense: {
    title: "Dense: 784-400(relu)-20+20, 20-400(relu)-784",
    config: { model: { type: "dense", hidden: [400] }, latent: { size: 20 } },
    stepsPerVisit: 150,
    settlingSteps: 10,
    gate: { steps: 500, last: 100, tolerance: 0.03 },
  },
  conv: {
    title:
      "Convolutional (the Keras example): 3x3/2 32, 3x3/2 64, dense 16, 2+2; dense 3136, transposed 3x3/2 64, 3x3/2 32, 3x3 1",
    config: {
      model: {
        type: "conv",
        layers: [
          { channels: 32, stride: 2 },
          { channels: 64, stride: 2 },
        ],
        hidden: [16],
      },
      latent: { size: 2 },
    },
    stepsPerVisit: 12,
    settlingSteps: 1,
    gate: { steps: 80, last: 20, tolerance: 0.06 },
  },
  iwae: kind("importance-weighted, k = 5", { objective: { samples: 5 } }),
  conditional: kind("conditional on the digit", { condition: "label" }),
  full: kind("full covariance", { latent: { size: 20, posterior: "full" } }),
  gaussian: kind("Gaussian, fixed variance", { likelihood: { name: "gaussian" } }),
  "gaussian-learned": kind("Gaussian, learned variance", {
    likelihood: { name: "gaussian", variance: "learned" },
  }),
  "gaussian-optimal": kind("Gaussian, optimal variance", {
    likelihood: { name: "gaussian", variance: "optimal" },
  }),
  "continuous-bernoulli": kind("continuous Bernoulli", {
    likelihood: { name: "continuous-bernoulli" },
  }),
  logistic: kind("discretised logistic", { likelihood: { name: "discretised-logistic" } }),
  residual: {
    title:
      "Residual conv, batch normalisation: 3x3/2 32, block, 3x3/2 64, block, 16+16; dense 3136, block, transposed 3x3/2 64, block, 3x3/2 32, 3x3 1",
    config: {
      model: {
        type: "conv",
        layers: [
          { channels: 32, stride: 2, residualBlocks: 1 },
          { channels: 64, stride: 2, residualBlocks: 1 },
        ],
        normalisation: "batch",
      },
      latent: { size: 16 },
    },
    stepsPerVisit: 6,
    settlingSteps: 1,
    gate: { steps: 60, last: 15, tolerance: 0.12 },
  },
};

/** Objectives, likelihoods and architectures, each in the same net in PyTorch (workers/kinds.py). @type {KindName[]} */
export const KINDS = [
  "iwae",
  "conditional",
  "full",
  "residual",
  "gaussian",
  "gaussian-learned",
  "gaussian-optimal",
  "continuous-bernoulli",
  "logistic",
];

export const BATCH = 128;

/** Training images used: MNIST's 60 000 cut to whole batches, so that nobody compiles a second batch size. */
export const ITEMS = 468 * BATCH;

/** Steps of one epoch. */
export const EPOCH_STEPS = ITEMS / BATCH;

/** Threads that a variant computes on; `--processor-time` takes one. */
export const THREADS = Number(process.env.BENCH_THREADS ?? 2);

/**
 * The configuration with which vaeport trains a net.
 *
 * @param {NetName} net
 * @returns {import("@vaeport/train").TrainConfigInput}
 */
export function configOf(net) {
  return {
    name: net,
    data: { name: "mnist", trainItems: ITEMS, testItems: BATCH },
    ...NETS[net].config,
    training: { epochs: 1_000_000, batchSize: BATCH, optimizer: { learningRate: 1e-3 } },
  };
}
