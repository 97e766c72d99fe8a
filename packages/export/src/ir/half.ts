/** IEEE 754 binary16 ("half") numbers: as bits from float32, and back. */

/** Largest finite half. */
export const MAX_HALF = 65504;

/** From here on numbers round to infinity: halfway from the largest half to the next power of two. */
const OVERFLOW = 65520;
/** Distance of subnormal halves. */
const SMALLEST = 2 ** -24;
/** Smallest half with all ten digits. */
const NORMAL = 2 ** -14;

/**
 * The nearest halves, ties to even, as bits. A float32 has 13 digits more; its exponent counts from 127, not 15.
 */
export function toHalf(data: Float32Array): Uint16Array {
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  const halves = new Uint16Array(data.length);
  for (let index = 0; index < data.length; index++) {
    float[0] = data[index] as number;
    const sign = ((word[0] as number) >>> 16) & 0x8000;
    const size = Math.abs(float[0] as number);
    halves[index] = sign | magnitude(size, float, word);
  }
  return halves;
}

function magnitude(size: number, float: Float32Array, word: Uint32Array): number {
  if (size < NORMAL) return roundToEven(size / SMALLEST);
  if (size >= OVERFLOW) return 0x7c00;
  if (Number.isNaN(size)) return 0x7e00;
  float[0] = size;
  const bits = word[0] as number;
  const rounded = bits + 0xfff + ((bits >>> 13) & 1);
  return (rounded - (112 << 23)) >>> 13;
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/** The number that the bits of a half stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const digits = bits & 0x3ff;
  if (exponent === 0) return sign * digits * SMALLEST;
  if (exponent === 0x1f) return digits === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + digits) * 2 ** (exponent - 25);
}
