import { InputError } from "@vaeport/infer";
import {
  philox4x32,
  seededNormal,
  seededUint32,
  seededUniform,
  type Uint32x2,
  type Uint32x4,
} from "@vaeport/infer/random";
import { describe, expect, test } from "vitest";
import { logarithm, normalQuantile } from "../src/random/normal-quantile.js";
import { FIXTURES, readJson } from "./helpers.js";

interface Golden {
  streams: {
    seed: number;
    stream: number;
    uint32: number[];
    uniform: number[];
    normalBits: number[];
  }[];
  quantiles: [number, number][];
}
const golden = readJson(`${FIXTURES}random.json`) as Golden;

describe("Philox4x32-10", () => {
  const ones = 0xffffffff;
  // The known answers published with the authors' Random123 library.
  const known: [Uint32x4, Uint32x2, Uint32x4][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  test.each(known)("counter %j, key %j", (counter, key, answer) => {
    expect(philox4x32(counter, key)).toEqual(answer);
  });
});

describe.each(golden.streams)("seed $seed, stream $stream, against Python", (entry) => {
  const { seed, stream } = entry;
  test("integers, uniforms and normals agree to the bit", () => {
    expect([...seededUint32(seed, 9, stream)]).toEqual(entry.uint32);
    expect([...seededUniform(seed, 9, stream)]).toEqual(entry.uniform);
    const bits = new Uint32Array(seededNormal(seed, 64, stream).buffer);
    expect([...bits]).toEqual(entry.normalBits);
  });
  test("a longer draw begins with the shorter one", () => {
    expect(seededNormal(seed, 200, stream).slice(0, 7)).toEqual(seededNormal(seed, 7, stream));
  });
});

test("quantiles agree with Python's to 1e-15", () => {
  const errors = golden.quantiles.map(([p, quantile]) => {
    const error = Math.abs(normalQuantile(p) - quantile);
    return quantile === 0 ? error : error / Math.abs(quantile);
  });
  expect(errors.length).toBeGreaterThan(200);
  expect(Math.max(...errors)).toBeLessThanOrEqual(1e-15);
});

test("the logarithm agrees with the engine's to 4 units in the last place", () => {
  const errors = Array.from(seededUniform(5, 3000)).flatMap((p) =>
    [p, p * 1e-5, p * 1e-15, 1 - p * 1e-5].map((x) => Math.abs(logarithm(x) / Math.log(x) - 1)),
  );
  expect(Math.max(...errors)).toBeLessThan(4 * Number.EPSILON);
  expect(logarithm(1)).toBe(0);
});

/** Normal distribution function to 7.5e-8: Abramowitz & Stegun 26.2.17. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const coefficients = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    coefficients.reduce((sum, coefficient) => (sum + coefficient) * t, 0);
  return x < 0 ? tail : 1 - tail;
}

describe("many draws", () => {
  const n = 200_000;
  const draws = Float64Array.from(seededNormal(2024, n));
  const moment = (order: number) => draws.reduce((sum, z) => sum + z ** order, 0) / n;

  test("moments lie within 5 standard errors of the normal's", () => {
    // Var(z^m) = E z^2m - (E z^m)^2, with E z^2, z^4, z^6, z^8 = 1, 3, 15, 105.
    const cases: [number, number, number][] = [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ];
    for (const [order, mean, variance] of cases) {
      expect(Math.abs(moment(order) - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
    }
  });

  test("the Kolmogorov-Smirnov distance passes at the level 0.001", () => {
    const distances = draws.toSorted().map((z, index) => {
      const cdf = normalCdf(z);
      return Math.max(cdf - index / n, (index + 1) / n - cdf);
    });
    expect(distances.reduce((max, value) => Math.max(max, value), 0)).toBeLessThan(
      1.95 / Math.sqrt(n),
    );
  });

  test("neighbours, streams and seeds are uncorrelated", () => {
    const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from({ length: n - 1 }, (_, i) => a[i]! * b[i]!).reduce((sum, v) => sum + v, 0) / n;
    for (const other of [draws.subarray(1), seededNormal(2024, n, 1), seededNormal(2025, n)]) {
      expect(Math.abs(correlation(draws, other))).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  test("uniforms stay inside (0, 1)", () => {
    const uniforms = seededUniform(3, n);
    expect(uniforms.every((u) => u > 0 && u < 1)).toBe(true);
  });
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])("seed, stream and length refuse %d", (bad) => {
  for (const draw of [
    () => seededNormal(bad, 4),
    () => seededNormal(1, 4, bad),
    () => seededUint32(1, bad),
  ]) {
    expect(draw).toThrow(InputError);
  }
});
