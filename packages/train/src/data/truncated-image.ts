/** Whether an image file ends early, which its decoder lets pass: the missing rows would be trained on as white. */

/** Of PNG, JPEG and WebP, by their own marks; false of anything else. */
export function isTruncated(file: Uint8Array): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.toString("latin1", 1, 4) === "PNG") return !endsPng(bytes);
  if (bytes.length > 2 && bytes.readUInt16BE(0) === START_OF_JPEG) return !endsJpeg(bytes);
  const isWebp = bytes.toString("latin1", 0, 4) === "RIFF" && bytes.length >= 8;
  return isWebp && bytes.readUInt32LE(4) + 8 > bytes.length;
}

const PNG_SIGNATURE = 8;

/** Chunks are a length, a type, so many bytes and a checksum, up to IEND: https://www.w3.org/TR/png-3/#5Chunk-layout */
function endsPng(bytes: Buffer): boolean {
  for (let at = PNG_SIGNATURE; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IEND") return true;
  }
  return false;
}

const START_OF_JPEG = 0xffd8;
const START_OF_SCAN = 0xffda;
const END_OF_JPEG = Buffer.of(0xff, 0xd9);

/**
 * Segments are passed by their lengths, since a thumbnail in one of them has an end of its own: ITU-T T.81, annex B.
 * What is built otherwise is left to the decoder.
 */
function endsJpeg(bytes: Buffer): boolean {
  for (let at = 2; at + 4 <= bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    while (bytes[at + 1] === 0xff) at++; // fill
    if (at + 4 > bytes.length) return false;
    if (bytes[at] !== 0xff) return true;
    if (bytes.readUInt16BE(at) === START_OF_SCAN) return bytes.includes(END_OF_JPEG, at);
  }
  return false;
}
