/** The measurement of one net: gate, rounds, epochs. Only one variant computes at any time. */
import { SetupError } from "../../scripts/lib/steps.mjs";
import { shuffled, summarise } from "../lib/statistics.mjs";
import { busyMilliseconds, coreCount } from "./cores.mjs";
import { checkGate, gateLoss } from "./gate.mjs";
import { EPOCH_STEPS, NETS } from "./nets.mjs";
import { WorkerProcess } from "./worker-process.mjs";

/** @typedef {import("./variants.mjs").Variant} Variant */

/**
 * @typedef {object} Result
 * @property {Variant} variant
 * @property {WorkerProcess} worker
 * @property {Record<string, string>} versions
 * @property {number | undefined} loss at the gate; absent where nothing is trained
 * @property {Timing[]} rounds
 * @property {Timing | undefined} epoch
 */

/**
 * @typedef {object} Timing
 * @property {number} milliseconds of a step
 * @property {number} foreign share of the cores that other processes had meanwhile, 0 to 1
 */

/**
 * @typedef {object} MeasureOptions
 * @property {number} rounds
 * @property {boolean} epochs whether whole epochs are timed, too
 * @property {boolean} busy whether rounds count that other processes disturbed
 * @property {boolean} processorTime whether a visit's processor time counts, whatever other processes do, not its wall time
 * @property {number} seed of the order in the rounds
 * @property {(line: string) => void} log
 */

/** A round counts when other processes had at most this share of the cores in each of its visits. */
export const MOST_FOREIGN = 0.1;

/** Rounds that may be tried for each that counts. */
const TRIES = 3;

/**
 * @param {import("./nets.mjs").NetName} name
 * @param {readonly Variant[]} variants the first is the baseline
 * @param {MeasureOptions} options
 * @returns {Promise<Result[]>}
 * @throws SetupError when a variant dies or does other work than the baseline, or the machine is busy
 */
export async function measure(name, variants, options) {
  const net = NETS[name];
  /** @type {Result[]} */
  const results = [];
  try {
    for (const variant of variants) {
      const worker = new WorkerProcess(variant, name);
      const versions = await worker.versions();
      const loss = await gateLoss(worker, net.gate);
      results.push({ variant, worker, versions, loss, rounds: [], epoch: undefined });
      options.log(`${variant.name}: loss ${loss?.toFixed(2) ?? "-"} after ${net.gate.steps} steps`);
    }
    checkGate(results, net.gate);
    await measureRounds(results, net, options);
    if (options.epochs) await measureEpochs(results, options);
    return results;
  } finally {
    await Promise.all(results.map(({ worker }) => worker.close()));
  }
}

/**
 * @param {Result[]} results
 * @param {import("./nets.mjs").Net} net
 * @param {MeasureOptions} options
 */
async function measureRounds(results, { settlingSteps, stepsPerVisit }, options) {
  const { rounds, busy, processorTime, seed, log } = options;
  let counted = 0;
  for (let round = 1; counted < rounds; round++) {
    if (round > TRIES * rounds) throw busyError(counted, round - 1);
    /** @type {Map<Result, Timing>} */
    const timings = new Map();
    for (const result of shuffled(results, seed, round)) {
      await result.worker.train(settlingSteps);
      timings.set(result, await time(result.worker, stepsPerVisit, processorTime));
    }
    const foreign = Math.max(...[...timings.values()].map((timing) => timing.foreign));
    const counts = busy || processorTime || foreign <= MOST_FOREIGN;
    if (counts) for (const [result, timing] of timings) result.rounds.push(timing);
    counted += counts ? 1 : 0;
    const share = `other processes had up to ${Math.round(foreign * 100)}% of the machine`;
    log(`round ${round}: ${counts ? `${counted} of ${rounds}` : "does not count"}; ${share}`);
  }
}

/**
 * One epoch each, of every variant but the lesser ones of PyTorch.
 *
 * @param {Result[]} results
 * @param {MeasureOptions} options
 */
async function measureEpochs(results, { processorTime, seed, log }) {
  const kept = [results[0], best(results, "eager"), best(results, "compile")];
  const chosen = results.filter((result) => {
    return kept.includes(result) || ["tfjs", "vaeport"].includes(result.variant.group);
  });
  for (const result of shuffled(chosen, seed, 0)) {
    log(`one epoch: ${result.variant.name}`);
    result.epoch = await time(result.worker, EPOCH_STEPS, processorTime);
  }
}

/**
 * The fastest result of a group.
 *
 * @param {readonly Result[]} results
 * @param {Variant["group"]} group
 */
export function best(results, group) {
  return results
    .filter(({ variant }) => variant.group === group)
    .sort((a, b) => medianMilliseconds(a) - medianMilliseconds(b))[0];
}

/** @param {Result} result */
export function medianMilliseconds({ rounds }) {
  return summarise(rounds.map(({ milliseconds }) => milliseconds)).median;
}

/**
 * @param {WorkerProcess} worker
 * @param {number} wanted number of steps
 * @param {boolean} processorTime
 * @returns {Promise<Timing>}
 */
async function time(worker, wanted, processorTime) {
  const before = busyMilliseconds();
  const { steps, milliseconds, cpu } = await worker.train(wanted);
  const others = Math.max(0, busyMilliseconds() - before - cpu);
  return {
    milliseconds: (processorTime ? cpu : milliseconds) / steps,
    foreign: others / (milliseconds * coreCount),
  };
}

/**
 * @param {number} counted
 * @param {number} tried
 */
function busyError(counted, tried) {
  return new SetupError(
    `The machine is busy: in ${tried - counted} of ${tried} rounds other processes had more than ` +
      `${MOST_FOREIGN * 100}% of it. Stop them, or pass --busy to count such rounds (and not to rely on them).`,
  );
}
