import { describe, expect, test } from "vitest";
import { InputError } from "../src/errors.js";
import { latentPath } from "../src/latent.js";

const point = (...values: number[]) => ({
  data: Float32Array.from(values),
  shape: [1, values.length],
});
const rows = (from: number[], to: number[], steps: number, kind: "linear" | "spherical") => {
  const { data, shape } = latentPath(point(...from), point(...to), steps, kind, 99);
  expect(shape).toEqual([steps, from.length]);
  return Array.from({ length: steps }, (_, row) => [
    ...data.subarray(row * from.length, (row + 1) * from.length),
  ]);
};

test("the linear path divides the chord evenly", () => {
  expect(rows([0, 4], [2, 0], 3, "linear")).toEqual([
    [0, 4],
    [1, 2],
    [2, 0],
  ]);
});

describe("the spherical path", () => {
  test("divides a quarter circle into equal angles", () => {
    const path = rows([1, 0], [0, 1], 7, "spherical");
    path.forEach(([x, y], step) => {
      const angle = (Math.PI / 2) * (step / 6);
      expect(x).toBeCloseTo(Math.cos(angle), 6);
      expect(y).toBeCloseTo(Math.sin(angle), 6);
    });
  });

  test("between points of the same direction is the chord", () => {
    expect(rows([1, 1], [3, 3], 3, "spherical")).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test.each([
    { a: [1, 0], b: [-1, 0] },
    { a: [0, 0], b: [1, 0] },
  ])("between $a and $b does not exist", ({ a, b }) => {
    expect(() => rows(a, b, 3, "spherical")).toThrow(InputError);
  });
});

test.each([1, 0, 2.5, Number.NaN])("a path of %d steps is refused", (steps) => {
  expect(() => rows([0], [1], steps, "linear")).toThrow(InputError);
});
