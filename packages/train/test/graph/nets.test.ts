/** Two variational autoencoders in plain tf.js: the first step's loss and gradients equal those of eager tf.js. */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { afterEach, expect, test } from "vitest";
import { seeded, tf } from "./support.js";

afterEach(() => tf.disposeVariables());

type Variables = Record<string, Variable>;

function variables(shapes: Record<string, number[]>): Variables {
  const entries = Object.entries(shapes).map(([name, shape], seed) => {
    const values = tf.mul(seeded(shape, seed), 1 / Math.sqrt(shape[0]! * 3));
    return [name, tf.variable(values, true, name)] as const;
  });
  return Object.fromEntries(entries);
}

const linear = (x: Tensor, v: Variables, layer: string) =>
  tf.add(tf.matMul(x, v[`${layer}/w`] as Tensor2D), v[`${layer}/b`] as Tensor1D);

/** -ELBO of Bernoulli pixels and a diagonal normal posterior, mean over the batch. */
function negativeElbo(
  x: Tensor,
  noise: Tensor,
  encode: (x: Tensor) => Tensor[],
  decode: (z: Tensor) => Tensor,
): Scalar {
  const [mean, logVariance] = encode(x) as [Tensor, Tensor];
  const z = tf.add(mean, tf.mul(noise, tf.exp(tf.mul(logVariance, 0.5))));
  const logits = decode(z);
  const distortion = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, x)));
  const terms = tf.sub(tf.sub(tf.add(logVariance, 1), tf.square(mean)), tf.exp(logVariance));
  return tf.div(tf.sub(distortion, tf.mul(0.5, tf.sum(terms))), x.shape[0]!);
}

const BATCH = 8;
const pixels = tf.keep(tf.cast(tf.greater(seeded([BATCH, 784], 1), 0.7), "float32"));

/** 784-400-20-400-784. */
function denseNet() {
  const shapes = { h: [784, 400], q: [400, 40], d: [20, 400], o: [400, 784] };
  const v = variables(
    Object.fromEntries(
      Object.entries(shapes).flatMap(([layer, [rows, columns]]) => [
        [`${layer}/w`, [rows!, columns!]],
        [`${layer}/b`, [columns!]],
      ]),
    ),
  );
  const encode = (x: Tensor) => tf.split(linear(tf.relu(linear(x, v, "h")), v, "q"), 2, 1);
  const decode = (z: Tensor) => linear(tf.relu(linear(z, v, "d")), v, "o");
  return { v, latent: 20, loss: (x: Tensor, e: Tensor) => negativeElbo(x, e, encode, decode) };
}

/** Two strided convolutions down to 7 x 7, transposed convolutions up again. */
function convolutionalNet() {
  const v = variables({
    ...{ k1: [3, 3, 1, 32], c1: [32], k2: [3, 3, 32, 64], c2: [64] },
    ...{ "h/w": [3136, 16], "h/b": [16], "q/w": [16, 4], "q/b": [4], "d/w": [2, 3136] },
    ...{ "d/b": [3136], t1: [3, 3, 64, 64], u1: [64], t2: [3, 3, 32, 64], u2: [32] },
    ...{ t3: [3, 3, 1, 32], u3: [1] },
  });
  const down = (x: Tensor4D, kernel: string, bias: string) =>
    tf.relu(tf.add(tf.conv2d(x, v[kernel] as Tensor4D, 2, "same"), v[bias]!));
  const up = (x: Tensor, kernel: string, bias: string, size: number, stride: number) => {
    const shape = [BATCH, size, size, v[bias]!.size] as [number, number, number, number];
    const filter = v[kernel] as Tensor4D;
    return tf.add(tf.conv2dTranspose(x as Tensor4D, filter, shape, stride, "same"), v[bias]!);
  };
  const encode = (x: Tensor) => {
    const image = tf.reshape(x, [BATCH, 28, 28, 1]) as Tensor4D;
    const features = down(down(image, "k1", "c1") as Tensor4D, "k2", "c2");
    const hidden = tf.relu(linear(tf.reshape(features, [BATCH, 3136]), v, "h"));
    return tf.split(linear(hidden, v, "q"), 2, 1);
  };
  const decode = (z: Tensor) => {
    const seed = tf.reshape(tf.relu(linear(z, v, "d")), [BATCH, 7, 7, 64]);
    const middle = tf.relu(up(tf.relu(up(seed, "t1", "u1", 14, 2)), "t2", "u2", 28, 2));
    return tf.reshape(up(middle, "t3", "u3", 28, 1), [BATCH, 784]);
  };
  return { v, latent: 2, loss: (x: Tensor, e: Tensor) => negativeElbo(x, e, encode, decode) };
}

test.each([
  ["dense", denseNet],
  ["convolutional", convolutionalNet],
])("%s", (_, make) => {
  const { v, latent, loss } = make();
  const lossAndGradients = (x: Tensor, noise: Tensor) => {
    const { value, grads } = tf.variableGrads(() => loss(x, noise), Object.values(v));
    return { loss: value as Tensor, ...grads } as Record<string, Tensor>;
  };
  const noise = seeded([BATCH, latent], 99);
  using program = new Program(tf);
  const step = program.capture("step", lossAndGradients, [pixels, noise]);
  const actual = step(pixels, noise);
  for (const [name, expected] of Object.entries(lossAndGradients(pixels, noise))) {
    const error = tf.max(tf.abs(tf.sub(actual[name]!, expected))).dataSync()[0]!;
    const scale = tf.max(tf.abs(expected)).dataSync()[0]!;
    expect(error / scale, name).toBeLessThan(1e-5);
  }
});
