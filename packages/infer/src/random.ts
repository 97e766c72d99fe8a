/** Seeded random numbers, equal to the bit on every engine: a counter-based generator and inverse-CDF normals. */
import { requireWhole } from "./input.js";
import { normalQuantile } from "./random/normal-quantile.js";
import { philox4x32, type Uint32x2 } from "./random/philox.js";

export { philox4x32, type Uint32x2, type Uint32x4 } from "./random/philox.js";

const TWO_26 = 0x4000000;
const TWO_32 = 0x100000000;
const TWO_52 = 0x10000000000000;

/** A non-negative safe integer as its low and high 32 bits. */
function words(value: number): Uint32x2 {
  return [value >>> 0, Math.floor(value / TWO_32)];
}

/**
 * `length` numbers of a seeded stream of unsigned 32-bit integers, behind the first `skip`.
 * The seed is the key; the counter is [block, stream], so streams of one seed never overlap.
 */
export function seededUint32(seed: number, length: number, stream = 0, skip = 0): Uint32Array {
  for (const [name, value] of Object.entries({ seed, stream, length, skip })) {
    requireWhole(`random: ${name}`, value, 0);
  }
  const key = words(seed);
  const [stream0, stream1] = words(stream);
  const out = new Uint32Array(length);
  for (let start = skip - (skip % 4); start < skip + length; start += 4) {
    const [block0, block1] = words(start / 4);
    const block = philox4x32([block0, block1, stream0, stream1], key);
    for (let lane = 0; lane < 4; lane++) {
      const index = start + lane - skip;
      if (index >= 0 && index < length) out[index] = block[lane]!;
    }
  }
  return out;
}

/**
 * Uniform draws from the open interval (0, 1): midpoints of 2^52 equal cells, symmetric about 1/2.
 * Each takes two integers of the stream, the upper 26 bits of both.
 */
export function seededUniform(seed: number, length: number, stream = 0, skip = 0): Float64Array {
  const bits = seededUint32(seed, 2 * length, stream, 2 * skip);
  const out = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const cell = (bits[2 * index]! >>> 6) * TWO_26 + (bits[2 * index + 1]! >>> 6);
    out[index] = (cell + 0.5) / TWO_52;
  }
  return out;
}

/** Standard normal draws: the quantile of each uniform draw, rounded to float32. */
export function seededNormal(seed: number, length: number, stream = 0, skip = 0): Float32Array {
  return new Float32Array(seededUniform(seed, length, stream, skip).map(normalQuantile));
}
