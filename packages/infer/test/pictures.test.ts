/** Pictures as input, on a canvas made up for the occasion that scales by the nearest pixel. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputError } from "../src/errors.js";
import { isPictures } from "../src/input.js";
import type { DataSection } from "../src/manifest/types.js";
import { readPictures } from "../src/runtime/pictures.js";

type Pixels = { width: number; height: number; data: Uint8ClampedArray };
type Drawn = { width: number; height: number; pixels?: Pixels };

class FakeCanvas implements Drawn {
  readonly width: number;
  readonly height: number;
  pixels: Pixels;
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }
  getContext() {
    return {
      imageSmoothingQuality: "low",
      putImageData: (picture: Pixels) => this.pixels.data.set(picture.data),
      getImageData: () => this.pixels,
      drawImage: (picture: Drawn, _x: number, _y: number, width: number, height: number) => {
        const from = picture.pixels!;
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const row = Math.floor((y * from.height) / height);
            const at = 4 * (row * from.width + Math.floor((x * from.width) / width));
            this.pixels.data.set(from.data.subarray(at, at + 4), 4 * (y * width + x));
          }
        }
      },
    };
  }
}

beforeEach(() => vi.stubGlobal("OffscreenCanvas", FakeCanvas));
afterEach(() => vi.unstubAllGlobals());

/** A picture of one row; pixels as [red, green, blue, alpha]. */
function row(...pixels: number[][]): Pixels {
  return { width: pixels.length, height: 1, data: Uint8ClampedArray.from(pixels.flat()) };
}

const data = (shape: number[], layout: DataSection["layout"] = "NHWC"): DataSection => ({
  shape,
  layout,
  range: [-1, 1],
  binarised: false,
});
const bytes = (picture: object, section: DataSection, resize = false) => {
  const pictures = [picture as Pixels].flat();
  const { data: values, shape } = readPictures("encode: x", pictures, section, resize);
  return { shape, bytes: Array.from(values, (value) => Math.round(((value + 1) / 2) * 2550) / 10) };
};

describe("channels", () => {
  const two = row([255, 0, 0, 255], [10, 20, 30, 255]);

  test("one is the luma of BT.601", () => {
    expect(bytes(two, data([1, 2, 1])).bytes).toEqual([76, 18]);
  });

  test("three are red, green and blue, in the model's layout", () => {
    expect(bytes(two, data([1, 2, 3])).bytes).toEqual([255, 0, 0, 10, 20, 30]);
    const planar = bytes(two, data([3, 1, 2], "NCHW"));
    expect(planar).toEqual({ shape: [1, 3, 1, 2], bytes: [255, 10, 0, 20, 0, 30] });
  });

  test("transparent pixels lie over black; four channels keep their alpha", () => {
    const veiled = row([200, 100, 50, 51]);
    expect(bytes(veiled, data([1, 1, 3])).bytes).toEqual([40, 20, 10]);
    expect(bytes(veiled, data([1, 1, 4])).bytes).toEqual([200, 100, 50, 51]);
  });

  test("of an element that may not have loaded are not read as black", () => {
    const image = { width: 2, height: 1, src: "photo.png" };
    const expected =
      "expected ImageData, an ImageBitmap or a canvas, whole and open; Error: await createImageBitmap(it).";
    expect(() => bytes(image, data([1, 2, 3]))).toThrow(`encode: x: ${expected}`);
  });

  test.each([data([1, 2, 2]), data([2], "flat")])("others are refused: %j", (section) => {
    expect(() => bytes(two, section)).toThrow(InputError);
  });
});

describe("size", () => {
  const two = row([0, 0, 0, 255], [255, 255, 255, 255]);

  test("another is refused, both ways round", () => {
    const wanted =
      "encode: x: expected pictures 1 wide and 2 high; got 2 by 1. Pass `resize: true`";
    expect(() => bytes(two, data([2, 1, 1]))).toThrow(InputError);
    expect(() => bytes(two, data([2, 1, 1]))).toThrow(wanted);
  });

  test("another is scaled when asked: ImageData, canvases, and several at once", () => {
    const wide = data([1, 4, 1]);
    const canvas = new FakeCanvas(2, 1);
    canvas.pixels.data.set(two.data);
    expect(bytes(two, wide, true).bytes).toEqual([0, 0, 255, 255]);
    expect(bytes(canvas, wide, true).bytes).toEqual([0, 0, 255, 255]);
    const both = bytes([two, canvas], wide, true);
    expect(both).toEqual({ shape: [2, 1, 4, 1], bytes: [0, 0, 255, 255, 0, 0, 255, 255] });
  });

  test("the same, of fewer bytes or of others than its size says, is not taken as it is", () => {
    vi.spyOn(FakeCanvas.prototype, "getContext").mockImplementation(() => {
      throw new Error("no drawing");
    });
    const one = data([1, 1, 1]);
    const picture = { width: 1, height: 1, data: Uint8ClampedArray.of(9, 9, 9, 255) };
    expect(bytes(picture, one).bytes).toEqual([9]);
    for (const values of [new Uint8ClampedArray(), new Float32Array(4)]) {
      const broken = { ...picture, data: values };
      expect(() => bytes(broken, one)).toThrow(InputError);
      expect(() => bytes(broken, one)).toThrow(/^encode: x: expected ImageData, .*no drawing\.$/);
    }
    vi.restoreAllMocks();
  });

  test("the same is read from a canvas as it is", () => {
    const canvas = new FakeCanvas(2, 1);
    canvas.pixels.data.set(two.data);
    expect(bytes(canvas, data([1, 2, 1])).bytes).toEqual([0, 255]);
  });
});

test("values, tensors and nonsense are no pictures", () => {
  expect(isPictures(new Float32Array(4))).toBe(false);
  expect(isPictures({ data: new Uint8Array(4), shape: [4] })).toBe(false);
  for (const value of [undefined, null, 3, [], [3], {}]) expect(isPictures(value)).toBe(false);
});
