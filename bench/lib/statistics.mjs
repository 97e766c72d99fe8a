/** Order statistics and the seeded order of the rounds. */
import { seededUniform } from "@vaeport/infer/random";

/** @typedef {{ median: number, low: number, high: number }} Summary median and quartiles */

/**
 * @param {readonly number[]} values not empty
 * @returns {Summary}
 */
export function summarise(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  };
}

/**
 * The quantile by linear interpolation between order statistics.
 *
 * @param {readonly number[]} sorted
 * @param {number} fraction
 */
function quantile(sorted, fraction) {
  const at = fraction * (sorted.length - 1);
  const low = /** @type {number} */ (sorted[Math.floor(at)]);
  const high = /** @type {number} */ (sorted[Math.ceil(at)]);
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * The value below which a fraction of the others lies, as it was measured.
 *
 * @param {readonly number[]} sorted not empty
 * @param {number} fraction
 */
export function orderStatistic(sorted, fraction) {
  const at = Math.min(sorted.length - 1, Math.floor(fraction * sorted.length));
  return /** @type {number} */ (sorted[at]);
}

/**
 * A random order that depends on the seed and the round alone.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} seed
 * @param {number} round
 * @returns {T[]}
 */
export function shuffled(items, seed, round) {
  const keys = seededUniform(seed, items.length, round);
  const keyed = items.map((item, i) => ({ item, key: /** @type {number} */ (keys[i]) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
