/** Contestants that take turns, so that a ratio compares neighbours in time. */
import { shuffled, summarise } from "../lib/statistics.mjs";

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(calls: number) => Promise<number>} time makes so many calls and gives the milliseconds of all
 */

/** What a turn should take, in milliseconds. */
const TURN = 120;

/**
 * Milliseconds a call of every contestant, a value for each round.
 *
 * @param {readonly Contestant[]} contestants
 * @param {number} rounds
 * @returns {Promise<Map<string, number[]>>}
 */
export async function takeTurns(contestants, rounds) {
  /** @type {Map<string, number[]>} */
  const times = new Map();
  /** @type {Map<Contestant, number>} */
  const calls = new Map();
  for (const contestant of contestants) {
    await contestant.time(20);
    const each = (await contestant.time(5)) / 5;
    calls.set(contestant, Math.max(3, Math.ceil(TURN / each)));
    times.set(contestant.name, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of shuffled(contestants, 1, round)) {
      const count = /** @type {number} */ (calls.get(contestant));
      await contestant.time(Math.ceil(count / 10)); // the others had the caches
      times.get(contestant.name)?.push((await contestant.time(count)) / count);
    }
  }
  return times;
}

/**
 * The median over rounds of `a / b`, with quartiles.
 *
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
export function ratio(a, b) {
  const { median, low, high } = summarise(
    a.map((value, i) => value / /** @type {number} */ (b[i])),
  );
  return `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

/**
 * Times a function.
 *
 * @param {() => unknown} call
 * @returns {(calls: number) => Promise<number>}
 */
export function timed(call) {
  return async (calls) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await call();
    return performance.now() - start;
  };
}
