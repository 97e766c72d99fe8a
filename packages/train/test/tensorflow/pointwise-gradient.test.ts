/** Gradients of convolutions by their kernels, against sums written out in float64. */
import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs-node";
import { describe, expect, test } from "vitest";
import { numbers, tf } from "../support.js";

const [BATCH, SIDE, FROM, TO] = [7, 12, 3, 2];

/** dW[a, b, i, o] = sum over n, p, q of x[n, s p + a, s q + b, i] dy[n, p, q, o], without padding. */
function expected(x: readonly number[], dy: readonly number[], kernel: number, stride: number) {
  const out = Math.floor((SIDE - kernel) / stride) + 1;
  const sum = new Float64Array(kernel * kernel * FROM * TO);
  for (let n = 0; n < BATCH; n++) {
    for (let p = 0; p < out; p++) {
      for (let q = 0; q < out; q++) {
        for (let k = 0; k < sum.length; k++) {
          const [o, i] = [k % TO, Math.floor(k / TO) % FROM];
          const [b, a] = [Math.floor(k / TO / FROM) % kernel, Math.floor(k / TO / FROM / kernel)];
          const pixel = ((n * SIDE + stride * p + a) * SIDE + stride * q + b) * FROM + i;
          sum[k]! += x[pixel]! * dy[((n * out + p) * out + q) * TO + o]!;
        }
      }
    }
  }
  return sum;
}

describe.each([1, 2, 3])("a kernel of %i, with stride", (kernel) => {
  test.each([1, 2, 3])("%i, of a convolution and of a transposed one", (stride) => {
    const out = Math.floor((SIDE - kernel) / stride) + 1;
    const x = numbers(BATCH * SIDE * SIDE * FROM, -1, 1, 3);
    const dy = numbers(BATCH * out * out * TO, -1, 1, 5);
    const wanted = expected(x, dy, kernel, stride);
    const image = tf.tensor4d(x, [BATCH, SIDE, SIDE, FROM]);
    const small = tf.tensor4d(dy, [BATCH, out, out, TO]);
    const weights = tf.ones([kernel, kernel, FROM, TO]);
    const forward = (w: Tensor4D) => tf.conv2d(image, w, stride, "valid").mul(small).sum();
    const transposed = (w: Tensor4D) =>
      tf.conv2dTranspose(small, w, image.shape, stride, "valid").mul(image).sum();
    for (const loss of [forward, transposed]) {
      for (let call = 0; call < 5; call++) {
        const got = tf.tidy(() =>
          tf
            .grad(loss as (w: Tensor) => Scalar)(weights)
            .dataSync(),
        );
        wanted.forEach((value, k) => void expect(got[k]).toBeCloseTo(value, 4));
      }
    }
    tf.dispose([image, small, weights]);
  });
});
