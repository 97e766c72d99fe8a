/** Image files as the bytes of items, by sharp, an optional peer. */
import { InputError } from "../../errors.js";
import type { DataSection } from "../../manifest/types.js";
import { fill, planesOf } from "../../runtime/pictures.js";
import { importPeer } from "./peer.js";

/** Reads one file as browsers' pictures are read: height * width * channels bytes in the model's layout. Throws InputError. */
export async function imageReader(
  section: DataSection,
  resize: boolean,
): Promise<(file: string) => Promise<Uint8ClampedArray>> {
  const { default: sharp } = await importPeer("sharp", "Reading images", () => import("sharp"));
  const planes = planesOf("images", section.layout === "flat" ? square(section.shape) : section);
  const { width, height, channels } = planes;
  return async (file) => {
    const image = sharp(file).rotate();
    const { data, info } = await (resize ? image.resize(width, height, { fit: "fill" }) : image)
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
      .catch((cause: Error) => {
        throw new InputError(
          `${file}: cannot be read as an image (${cause.message}). Save it as PNG, JPEG or WebP.`,
          { cause },
        );
      });
    if (info.width !== width || info.height !== height) {
      throw new InputError(
        `${file}: expected ${width} x ${height} pixels; got ${info.width} x ${info.height}. --resize scales images.`,
      );
    }
    const item = new Uint8ClampedArray(width * height * channels);
    fill(item, data, planes);
    return item;
  };
}

/** A flat item is a grey square. */
function square([size]: readonly number[]): Pick<DataSection, "shape" | "layout"> {
  const side = Math.sqrt(size!);
  if (Number.isInteger(side)) return { shape: [side, side, 1], layout: "NHWC" };
  throw new InputError(`items of ${size} values are no square image. Pass a .npy file.`);
}
