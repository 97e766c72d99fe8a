/** A browser's pictures as items of data. */
import { InputError } from "../errors.js";
import { kind, scaleBytes } from "../input.js";
import type { DataSection } from "../manifest/types.js";
import { elementCount } from "../shape.js";
import type { Picture, Tensor } from "./types.js";

interface Context {
  imageSmoothingQuality: string;
  drawImage(picture: Picture, x: number, y: number, width: number, height: number): void;
  getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  putImageData(picture: Picture, x: number, y: number): void;
}

interface Canvas extends Picture {
  getContext(kind: "2d", options: { willReadFrequently: true }): Context | null;
}

/** The off-screen canvas of a page or worker, https://html.spec.whatwg.org/multipage/canvas.html#offscreencanvas */
interface Page {
  OffscreenCanvas: new (width: number, height: number) => Canvas;
}

/** Shares of red, green and blue in a grey: ITU-R BT.601, as Pillow has it, https://www.itu.int/rec/R-REC-BT.601 */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/**
 * Pictures as a tensor [n, ...data.shape] in the data's layout and range. One channel takes the luma, three take red,
 * green and blue, over black where a picture is transparent; four take the alpha as it is.
 */
export function readPictures(
  where: string,
  pictures: Picture[],
  data: DataSection,
  resize: boolean,
): Tensor {
  const planes = planesOf(where, data);
  const { width, height } = planes;
  const size = elementCount(data.shape);
  const bytes = new Uint8ClampedArray(pictures.length * size);
  pictures.forEach((picture, item) => {
    if (!resize && (picture.width !== width || picture.height !== height)) {
      throw new InputError(
        `${where}: expected pictures ${width} wide and ${height} high; got ${picture.width} by ${picture.height}. Pass \`resize: true\` to scale them.`,
      );
    }
    const rgba = pixels(where, picture, width, height);
    fill(bytes.subarray(item * size, (item + 1) * size), rgba, planes);
  });
  return { data: scaleBytes(bytes, data.range), shape: [pictures.length, ...data.shape] };
}

/** An item's channels, and how far apart its pixels and its channels lie. */
export interface Planes {
  width: number;
  height: number;
  channels: number;
  pixelStep: number;
  channelStep: number;
}

/** Throws InputError for items that are no pictures. */
export function planesOf(
  where: string,
  { shape, layout }: Pick<DataSection, "shape" | "layout">,
): Planes {
  const [first, second, third] = shape as [number, number, number];
  const planar = layout === "NCHW";
  const [height, width, channels] = planar ? [second, third, first] : [first, second, third];
  if (layout !== "flat" && [1, 3, 4].includes(channels)) {
    const [pixelStep, channelStep] = planar ? [1, width * height] : [channels, 1];
    return { width, height, channels, pixelStep, channelStep };
  }
  throw new InputError(
    `${where}: pictures have 1, 3 or 4 channels; the model takes ${layout} [${shape.join(", ")}]. Pass values.`,
  );
}

/** The channels of every pixel, rounded. */
export function fill(item: Uint8ClampedArray, rgba: ArrayLike<number>, planes: Planes): void {
  const { width, height, channels, pixelStep, channelStep } = planes;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = 4 * pixel;
    const luma = RED * rgba[at]! + GREEN * rgba[at + 1]! + BLUE * rgba[at + 2]!;
    const share = channels === 4 ? 1 : rgba[at + 3]! / 255;
    for (let channel = 0; channel < channels; channel++) {
      const value = channels === 1 ? luma : rgba[at + channel]!;
      item[pixel * pixelStep + channel * channelStep] = value * share;
    }
  }
}

/** The RGBA bytes of a picture at this size; those of ImageData as they are, unless they are floats or were handed over. */
function pixels(where: string, picture: Picture, width: number, height: number): ArrayLike<number> {
  const { data } = picture as { data?: Uint8ClampedArray };
  const sameSize = picture.width === width && picture.height === height;
  const areBytes = kind(data) === "Uint8ClampedArray" && data!.length === 4 * width * height;
  if (sameSize && areBytes) return data!;
  try {
    // An image that has not loaded, or a video, would be read as black.
    if ("src" in picture) throw Error("await createImageBitmap(it)");
    let source = picture;
    if (data !== undefined) {
      const canvas = open(picture.width, picture.height);
      canvas.context.putImageData(picture, 0, 0);
      source = canvas.canvas;
    }
    const { context } = open(width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    throw new InputError(
      `${where}: expected ImageData, an ImageBitmap or a canvas, whole and open; ${cause}.`,
      { cause },
    );
  }
}

function open(width: number, height: number): { canvas: Canvas; context: Context } {
  const { OffscreenCanvas } = globalThis as unknown as Page;
  const canvas = new OffscreenCanvas(width, height);
  return { canvas, context: canvas.getContext("2d", { willReadFrequently: true })! };
}
