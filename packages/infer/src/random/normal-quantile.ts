/**
 * The quantile of the normal distribution, equal to the bit on every engine: only IEEE 754's correctly rounded
 * + - * / sqrt are used, since engines may differ in the last bit of `Math.log` and its like.
 */

/** Coefficients of one branch of the quantile, constant term first, as the doubles nearest to the published digits. */
interface Rational {
  numerator: readonly number[];
  denominator: readonly number[];
}

const CENTRE: Rational = {
  numerator: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  denominator: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852854,
  ],
};
const SHOULDER: Rational = {
  numerator: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  denominator: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const TAIL: Rational = {
  numerator: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  denominator: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/**
 * The standard normal quantile of p in (0, 1), to about 16 digits.
 * M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (PPND16),
 * Applied Statistics 37 (1988) 477-484, https://doi.org/10.2307/2347330
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-logarithm(q < 0 ? p : 1 - p));
  const size = r <= 5 ? ratio(SHOULDER, r - 1.6) : ratio(TAIL, r - 5);
  return q < 0 ? -size : size;
}

function ratio({ numerator, denominator }: Rational, x: number): number {
  return horner(numerator, x) / horner(denominator, x);
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let index = coefficients.length - 1; index >= 0; index--)
    sum = sum * x + coefficients[index]!;
  return sum;
}

/** ln 2 in two parts: the first has 32 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 2977044471 / 0x100000000;
const LN2_LOW = 1.9082149292705877e-10;
/** 1, 1/3, 1/5, ...: the series of artanh, 11 terms of which leave less than 1e-17 at s^2 <= 0.0295. */
const ARTANH = Array.from({ length: 11 }, (_, index) => 1 / (2 * index + 1));

/**
 * The natural logarithm of x in (0, 1], from x = m 2^e, m in [sqrt(1/2), sqrt(2)), and
 * ln m = 2 artanh(s), s = (m - 1) / (m + 1).
 */
export function logarithm(x: number): number {
  let m = x;
  let e = 0;
  for (; m < Math.SQRT1_2; e--) m *= 2;
  const s = (m - 1) / (m + 1);
  return e * LN2_HIGH + (2 * s * horner(ARTANH, s * s) + e * LN2_LOW);
}
