/** Pictures between tensors and canvases. */
import type { Tensor, Vae } from "@vaeport/infer";
import { context2d } from "./dom.js";

/** Paints items [n, h, w, 1 or 3] side by side, `columns` to a row; the canvas takes their size. */
export function paint(canvas: HTMLCanvasElement, vae: Vae, items: Tensor, columns = 1): void {
  const [count, height, width] = items.shape as [number, number, number];
  const rows = Math.ceil(count / columns);
  if (canvas.width !== columns * width) canvas.width = columns * width;
  if (canvas.height !== rows * height) canvas.height = rows * height;
  const context = context2d(canvas);
  for (let item = 0; item < count; item++) {
    const picture = toImageData(vae, items, item);
    context.putImageData(picture, (item % columns) * width, Math.floor(item / columns) * height);
  }
}

/** One item as RGBA bytes, the lowest value of the model's range black and the highest white. */
export function toImageData({ manifest }: Vae, { data, shape }: Tensor, item = 0): ImageData {
  const [, height, width, channels] = shape as [number, number, number, number];
  const [low, high] = manifest.data.range;
  const start = item * height * width * channels;
  const picture = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = data[start + pixel * channels + (channels === 3 ? channel : 0)]!;
      picture.data[4 * pixel + channel] = Math.round((255 * (value - low)) / (high - low));
    }
    picture.data[4 * pixel + 3] = 255;
  }
  return picture;
}

/** An empty canvas that never reaches the page. */
export function scratch(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  return { canvas, context };
}

/** Some of the items, in this order. */
export function slice({ data, shape }: Tensor, ...items: number[]): Tensor {
  const [count, ...item] = shape as [number, ...number[]];
  const size = data.length / count;
  const out = new Float32Array(items.length * size);
  items.forEach((from, to) => {
    out.set(data.subarray(from * size, (from + 1) * size), to * size);
  });
  return { data: out, shape: [items.length, ...item] };
}
