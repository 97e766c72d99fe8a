/** Images in rows and columns, each pixel a square block of equal colour: enlarged without blur. */
import { ImageData, type SKRSContext2D } from "@napi-rs/canvas";

/** `values` in 0..1, row-major; `shape` [N, H, W, C] with one channel (grey) or three (red, green, blue). */
export interface ImageBatch {
  values: Float32Array;
  shape: readonly [number, number, number, number];
}

/** Side that small images are enlarged towards, in pixels. */
const CELL_TARGET = 84;

/** Between neighbouring images, in pixels. */
export const GAP = 4;

/** Whole number of pixels that one image pixel is enlarged to. */
export function gridScale([, height, width]: ImageBatch["shape"]): number {
  return Math.max(1, Math.round(CELL_TARGET / Math.max(height, width)));
}

/** Pixels that `count` images take along an axis on which each measures `side`. */
export function gridExtent(count: number, side: number, gap = GAP): number {
  return count * side + (count - 1) * gap;
}

/** Where a row of images goes, in pixels, and how far each is enlarged. */
export interface RowPlace {
  first: number;
  columns: number;
  left: number;
  top: number;
  scale?: number;
  gap?: number;
}

/** Draws images `first` to `first + columns - 1` side by side. */
export function drawRow(
  context: SKRSContext2D,
  images: ImageBatch,
  { first, columns, left, top, scale = gridScale(images.shape), gap = GAP }: RowPlace,
): void {
  const step = images.shape[2] * scale + gap;
  for (let column = 0; column < columns; column++) {
    context.putImageData(enlarge(images, first + column, scale), left + column * step, top);
  }
}

function enlarge({ values, shape }: ImageBatch, index: number, scale: number): ImageData {
  const [, height, width, channels] = shape;
  const start = index * height * width * channels;
  const [rows, columns] = [height * scale, width * scale];
  // Filled before the image is made: every look at the data of an ImageData is a call into native code.
  const data = new Uint8ClampedArray(4 * rows * columns).fill(255);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const pixel = Math.floor(y / scale) * width + Math.floor(x / scale);
      const target = 4 * (y * columns + x);
      for (let c = 0; c < 3; c++) {
        const value = values[start + pixel * channels + Math.min(c, channels - 1)]!;
        data[target + c] = Math.round(255 * value);
      }
    }
  }
  return new ImageData(data, columns, rows);
}
