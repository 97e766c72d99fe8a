/** Where on a small canvas to draw the pad, so that a model sees what it was trained on. */

/** Left, top, width and height, in pixels of the small canvas. */
export type Frame = [x: number, y: number, width: number, height: number];

/** All of the pad, as it is. */
export const wholeFrame = ({ width, height }: HTMLCanvasElement): Frame => [0, 0, width, height];

/**
 * The ink as a digit of MNIST lies: in a box of 20 pixels of 28, its centre of mass in the middle.
 * http://yann.lecun.com/exdb/mnist/
 */
export function digitFrame(ink: CanvasRenderingContext2D, side: number): Frame {
  const { width: pad } = ink.canvas;
  const found = measure(ink.getImageData(0, 0, pad, pad));
  if (found === undefined) return [0, 0, side, side];
  // A dot is not blown up to a digit's size.
  const scale = ((20 / 28) * side) / Math.max(found.extent, pad / 4);
  const place = (centre: number) => side / 2 - centre * scale;
  return [place(found.x), place(found.y), pad * scale, pad * scale];
}

/** The longer side of the ink's bounding box and its centre of mass; undefined where there is none. */
function measure({ data, width, height }: ImageData) {
  let [left, right, top, bottom] = [width, 0, height, 0];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[4 * (y * width + x)]!;
      if (value === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      mass += value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
    }
  }
  if (mass === 0) return undefined;
  return { extent: Math.max(right - left, bottom - top), x: sumX / mass, y: sumY / mass };
}
