/** Decodes an image file into bytes of one size: resized with smoothing, over black, as `@vaeport/infer` reads one. */
import { readFile } from "node:fs/promises";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import type { ImagesConfig } from "../config/data.js";
import { isTruncated } from "./truncated-image.js";

/** Writes the pixels of a file, row-major [H, W, C], into `target`. */
export type Decoder = (file: string, target: Uint8Array) => Promise<void>;

export function createDecoder({ height, width, fit, colour }: ImagesConfig): Decoder {
  const context = createCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  return async (file, target) => {
    const bytes = await readFile(file);
    if (isTruncated(bytes)) throw new Error("truncated");
    const image = await loadImage(bytes);
    context.fillStyle = "#000000";
    context.fillRect(0, 0, width, height);
    const [scaledWidth, scaledHeight] = fitted(image, { height, width, fit });
    const [left, top] = [(width - scaledWidth) / 2, (height - scaledHeight) / 2];
    context.drawImage(image, left, top, scaledWidth, scaledHeight);
    const { data } = context.getImageData(0, 0, width, height);
    if (colour) takeColour(data, target);
    else takeGrey(data, target);
  };
}

function fitted(
  image: { width: number; height: number },
  { height, width, fit }: Pick<ImagesConfig, "height" | "width" | "fit">,
): [number, number] {
  if (fit === "stretch") return [width, height];
  const scales = [width / image.width, height / image.height] as const;
  const scale = fit === "cover" ? Math.max(...scales) : Math.min(...scales);
  return [image.width * scale, image.height * scale];
}

function takeColour(pixels: Uint8ClampedArray, target: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = pixels[4 * Math.floor(i / 3) + (i % 3)]!;
}

/** Luma of ITU-R BT.601, as Pillow and `@vaeport/infer` have it. */
function takeGrey(pixels: Uint8ClampedArray, { buffer, byteOffset, length }: Uint8Array): void {
  const target = new Uint8ClampedArray(buffer, byteOffset, length); // it rounds
  for (let i = 0; i < length; i++) {
    const [red, green, blue] = [pixels[4 * i]!, pixels[4 * i + 1]!, pixels[4 * i + 2]!];
    target[i] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
}
