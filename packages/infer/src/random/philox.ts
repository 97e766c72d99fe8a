/** The counter-based generator Philox4x32-10, in integer arithmetic alone. */

/** Two unsigned 32-bit integers, the lower first: a key. */
export type Uint32x2 = readonly [number, number];
/** Four unsigned 32-bit integers, the lowest first: a counter, or a block of output. */
export type Uint32x4 = readonly [number, number, number, number];

/** Multipliers of the rounds, and increments of the key: the golden ratio and sqrt(3), 32 bits of their fractions. */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return aHigh * bHigh + (middle >>> 16) + (carry >>> 16);
}

/**
 * Philox4x32-10: four unsigned 32-bit numbers from a 128-bit counter and a 64-bit key, low word first.
 * J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, https://doi.org/10.1145/2063384.2063405
 */
export function philox4x32(counter: Uint32x4, key: Uint32x2): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}
