/** Grey pictures in every form that a page may hold them. */

/** A square picture of each kind out of its grey values, row by row; every value fills `scale` pixels each way. */
export async function greyPictures(greys: Uint8Array, scale = 1) {
  const size = Math.sqrt(greys.length) * scale;
  const rgba = new Uint8ClampedArray(4 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const grey = greys[(Math.floor(y / scale) * size) / scale + Math.floor(x / scale)]!;
      rgba.set([grey, grey, grey, 255], 4 * (y * size + x));
    }
  }
  const imageData = new ImageData(rgba, size);
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  canvas.getContext("2d")!.putImageData(imageData, 0, 0);
  const offscreen = new OffscreenCanvas(size, size);
  offscreen.getContext("2d")!.putImageData(imageData, 0, 0);
  const bitmap = await createImageBitmap(imageData);
  return { ImageData: imageData, ImageBitmap: bitmap, canvas, OffscreenCanvas: offscreen };
}

/** The red channel of a canvas, row after row. */
export async function pixels(canvas: OffscreenCanvas): Promise<number[]> {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d")!;
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from(data.filter((_, index) => index % 4 === 0));
}
