/** Image files as the bytes of items, by sharp, an optional peer. */
import { InputError } from "../../errors.js";
import type { DataSection } from "../../manifest/types.js";
import { importPeer } from "./peer.js";

/** Reads one file: height * width * channels bytes in the model's layout. Throws InputError. */
export async function imageReader(
  { shape, layout }: DataSection,
  resize: boolean,
): Promise<(file: string) => Promise<Uint8Array>> {
  const { default: sharp } = await importPeer("sharp", "Reading images", () => import("sharp"));
  const [height, width, channels] = imageShape(shape, layout);
  const colours = { 1: "b-w", 3: "srgb", 4: "srgb" }[channels];
  if (colours === undefined) {
    throw new InputError(
      `images have 1, 3 or 4 channels; the model's items have ${channels}. Pass a .npy file.`,
    );
  }
  return async (file) => {
    const image = sharp(file).rotate();
    const coloured = channels === 4 ? image.ensureAlpha() : image.removeAlpha();
    const sized = resize ? coloured.resize(width, height, { fit: "fill" }) : coloured;
    const { data, info } = await sized
      .toColourspace(colours)
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
      .catch((cause: Error) => {
        throw new InputError(
          `${file}: cannot be read as an image (${cause.message}). Save it as PNG, JPEG or WebP.`,
          { cause },
        );
      });
    if (info.width !== width || info.height !== height || info.channels !== channels) {
      throw new InputError(
        `${file}: expected ${width} x ${height} pixels of ${channels} channels; got ${info.width} x ${info.height} of ${info.channels}. --resize scales images.`,
      );
    }
    return layout === "NCHW" ? channelsFirst(data, channels) : data;
  };
}

/** [height, width, channels]; a flat item is a grey square. */
function imageShape(
  shape: readonly number[],
  layout: DataSection["layout"],
): [number, number, number] {
  const [a, b, c] = shape as [number, number, number];
  if (layout === "NHWC") return [a, b, c];
  if (layout === "NCHW") return [b, c, a];
  const side = Math.sqrt(a);
  if (Number.isInteger(side)) return [side, side, 1];
  throw new InputError(`items of ${a} values are no square image. Pass a .npy file.`);
}

function channelsFirst(pixels: Uint8Array, channels: number): Uint8Array {
  const size = pixels.length / channels;
  return pixels.map((_, index) => pixels[(index % size) * channels + Math.floor(index / size)]!);
}
