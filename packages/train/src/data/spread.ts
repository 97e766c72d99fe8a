/** A few items that stand for a whole set, in whatever order it is: by class, or class after class in turn. */
import { seededUniform } from "@vaeport/infer/random";

/** No run's, so that all seeds take the same. */
const SPREAD_SEED = 1;

/**
 * Ascending indices into a set of `of` items: one drawn from each of `count` stretches of equal length, the same ones
 * always. Equal steps would take one class alone of a set in which the classes take turns. As many as there are, or more,
 * are all of them in order.
 */
export function spreadRows(count: number, of: number): Int32Array {
  const draws = seededUniform(SPREAD_SEED, count);
  const start = (stretch: number) => Math.floor((stretch * of) / count);
  return Int32Array.from(draws, (draw, stretch) => {
    const first = start(stretch);
    return first + Math.floor(draw * (start(stretch + 1) - first));
  });
}
