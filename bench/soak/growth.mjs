/** Whether memory grows from round to round. */

/** Rounds in which heaps may settle. */
export const WARM = 10;

/** What growth must exceed over the rounds after those, as a share of the memory and in bytes. */
const SHARE = 0.02;
const BYTES = 2e6;

/**
 * @param {readonly number[]} bytes after each round
 * @param {number} [others] bytes of growth that are another's
 */
export function assess(bytes, others = 0) {
  const settled = bytes.slice(WARM);
  const slope = medianSlope(settled);
  const growth = slope * settled.length;
  const bound = Math.max(BYTES, SHARE * /** @type {number} */ (settled[0]));
  const grows = growth - others > bound;
  const last = bytes.length - 1;
  const at = [0, WARM - 1, last >> 1, last].map((round) => /** @type {number} */ (bytes[round]));
  return { at, slope, growth, grows };
}

/** The median of the slopes between all pairs of points: one odd round does not move it. @param {readonly number[]} values */
function medianSlope(values) {
  const slopes = values.flatMap((from, i) =>
    values.slice(i + 1).map((to, distance) => (to - from) / (distance + 1)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? 0;
}
