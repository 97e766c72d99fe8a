/** The yardstick itself: errors, units in the last place, tolerances. */
import { encodeTensor } from "@vaeport/infer/manifest";
import { compare, formatParityTable, isWithinTolerance, type Outputs } from "@vaeport/test/parity";
import { expect, test } from "vitest";
import { unitInLastPlace } from "../src/parity/compare.js";
import { tolerance } from "../src/parity/tolerance.js";

const record = (...values: number[]) => encodeTensor(Float32Array.from(values), [1, values.length]);

const outputs = (mean: number[]): Outputs => ({
  mean: record(...mean),
  log_variance: record(0),
  reconstruction: record(0.5),
  logits: record(0),
  distortion: record(100),
  rate: record(20),
});

test("a unit in the last place is float32's spacing", () => {
  expect(unitInLastPlace(1)).toBe(2 ** -23);
  expect(unitInLastPlace(1.5)).toBe(2 ** -23);
  expect(unitInLastPlace(2)).toBe(2 ** -22);
  expect(unitInLastPlace(0)).toBe(2 ** -149);
});

test("the tolerance grows with the tensor, not for probabilities", () => {
  expect(tolerance("mean", Float32Array.of(-30, 2))).toBeCloseTo(1e-5 + 3e-3, 12);
  expect(tolerance("reconstruction", Float32Array.of(0.9))).toBe(1e-5);
});

test("the largest error is found, and decides", () => {
  const [mean] = compare(outputs([1, -2]), outputs([1, -2.0001]));
  expect(mean!.largestError).toBeCloseTo(1e-4, 6);
  expect(mean!.unitsInLastPlace).toBeCloseTo(1e-4 / 2 ** -22, 0);
  const row = (differences: ReturnType<typeof compare>) => ({
    model: "m",
    runtime: "r",
    differences,
  });
  expect(isWithinTolerance(row(compare(outputs([1, -2]), outputs([1, -2.0001]))))).toBe(true);
  expect(isWithinTolerance(row(compare(outputs([1, -2]), outputs([1, -2.01]))))).toBe(false);
  expect(isWithinTolerance(row([]))).toBe(false);
});

test("a NaN is an infinite error, wherever it stands", () => {
  for (const mean of [
    [Number.NaN, 5],
    [5, Number.NaN],
  ]) {
    expect(compare(outputs([1, 2]), outputs(mean))[0]!.largestError).toBe(Number.POSITIVE_INFINITY);
  }
});

test("another shape is an error, not a difference", () => {
  expect(() => compare(outputs([1, 2]), outputs([1, 2, 3]))).toThrow(/mean.*\[1,3\].*\[1,2\]/);
});

test("the table shows errors, failures and runtimes that did not run", () => {
  const good = compare(outputs([1, 2]), outputs([1, 2]));
  const bad = compare(outputs([1, 2]), outputs([1, 3]));
  expect(
    formatParityTable([
      { model: "m", runtime: "one", differences: good },
      { model: "m", runtime: "two", differences: bad },
      { model: "m", runtime: "three", differences: [], missing: "no browser" },
    ]),
  ).toMatchInlineSnapshot(`
    "| model | runtime | encoder              | decoder          | score            | within tolerance    |
    | ----- | ------- | -------------------- | ---------------- | ---------------- | ------------------- |
    | m     | one     | 0.0e+0 (0.0 ulp)     | 0.0e+0 (0.0 ulp) | 0.0e+0 (0.0 ulp) | yes                 |
    | m     | two     | 1.0e+0 (4194304 ulp) | 0.0e+0 (0.0 ulp) | 0.0e+0 (0.0 ulp) | NO                  |
    | m     | three   | -                    | -                | -                | not run: no browser |"
  `);
});
