/** Images that captured functions take batches of: resident in the graph's session, or fed. */
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-node";
import { gatherRows } from "../graph/index.js";
import type { TensorFlow } from "../tensorflow/index.js";

export interface ImageSource {
  /** Whether the session holds the images, and inputs are indices. */
  readonly resident: boolean;
  /** What a captured function is given in place of `count` images; the caller disposes of it. */
  example(count: number): Tensor;
  /** Inside a captured function: the images that its input stands for. */
  images(input: Tensor): Tensor4D;
  /** Calls a captured function with the input for the images in `rows`. */
  feed<T>(rows: Int32Array, call: (input: Tensor | Int32Array) => T): T;
  dispose(): void;
}

/**
 * Images of at most `residentMegabytes` (of 10^6 bytes) are kept as a variable of the session, which copies them once,
 * and are gathered inside the graph; of more, each batch is gathered outside and fed.
 */
export function imageSource(
  tf: TensorFlow,
  images: Tensor4D,
  residentMegabytes: number,
): ImageSource {
  const megabytes = (images.size * 4) / 1e6;
  return megabytes <= residentMegabytes ? residentSource(tf, images) : fedSource(tf, images);
}

function residentSource(tf: TensorFlow, images: Tensor4D): ImageSource {
  const resident = tf.variable(images, false);
  return {
    resident: true,
    example: (count) => tf.tensor1d(new Int32Array(count), "int32"),
    images: (rows) => gatherRows(tf, resident as unknown as Tensor4D, rows as Tensor1D),
    feed: (rows, call) => call(rows),
    dispose: () => resident.dispose(),
  };
}

function fedSource(tf: TensorFlow, images: Tensor4D): ImageSource {
  return {
    resident: false,
    example: (count) => tf.slice(images, 0, count),
    images: (batch) => batch as Tensor4D,
    feed(rows, call) {
      const batch = tf.tidy(() => gatherRows(tf, images, tf.tensor1d(rows, "int32")));
      try {
        return call(batch);
      } finally {
        batch.dispose();
      }
    },
    dispose() {},
  };
}
