/** What a painter refuses before it asks anything of the GPU; what it draws is tested in a browser. */
import { InputError } from "@vaeport/infer";
import { CanvasPainter } from "@vaeport/infer/canvas";
import { expect, test } from "vitest";

const canvas = { width: 2, height: 2, getContext: () => ({}) };
const tensor = { shape: [1, 2, 2, 1], buffer: {}, device: {}, dispose: () => {} };

test.each([
  [{ columns: 0 }, "CanvasPainter: columns: expected a whole number from 1 up; got 0"],
  [
    { range: null },
    "CanvasPainter: range: expected a number from -3.4028234663852886e+38 to 3.4028234663852886e+38; got undefined",
  ],
  [
    { range: [0, Number.NaN] },
    "CanvasPainter: range: expected a number from -3.4028234663852886e+38 to 3.4028234663852886e+38; got NaN",
  ],
])("options %j", (options, message) => {
  const draw = () => new CanvasPainter(canvas).draw(tensor as never, options as never);
  expect(draw).toThrow(InputError);
  expect(draw).toThrow(message);
});

test("a canvas without WebGPU, and a tensor of no pictures", () => {
  expect(() => new CanvasPainter({ ...canvas, getContext: () => null })).toThrow(InputError);
  const draw = () => new CanvasPainter(canvas).draw({ ...tensor, shape: [1, 4] } as never);
  expect(draw).toThrow("expected a tensor [n, height, width, 1 or 3]; got [1, 4]");
});
