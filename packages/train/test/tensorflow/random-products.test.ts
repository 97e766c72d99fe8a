/**
 * Convolutions, transposed ones and products of matrices of random shapes, with all of their gradients, eager and
 * captured, against float64: what oneDNN computes, which chooses its code by the shapes.
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { describe, expect, test } from "vitest";
import { type Choices, choices } from "../random-choices.js";
import { numbers, tf } from "../support.js";
import {
  type Convolution,
  convolution,
  matrixProduct,
  outputSize,
  type Products,
  transposed,
  type Values,
  valueAndGradients,
  type Window,
} from "./float64-products.js";

declare module "vitest" {
  interface TaskMeta {
    measured?: string;
  }
}

/** Of each operator. */
const CASES = process.env.VAEPORT_NIGHTLY ? 80 : 12;
/** Products of a case at most, about. */
const MOST = process.env.VAEPORT_NIGHTLY ? 2e6 : 2e5;
/** Of a difference, as a part of the largest value of its tensor: ten times what rounding makes of most sums. */
const BOUND = 3e-5;

/** Around the sizes of vectors and blocks, and powers of two. */
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 64];
const LENGTHS = [...CHANNELS, 100, 257, 784, 1000, 2048, 5000];
const BATCHES = [1, 1, 2, 3, 5, 7, 8, 16, 17, 32, 64, 100, 250, 1000];

type Pair = readonly [number, number];

/** The operator with its bias, as the layers call it. */
type Operator = (x: Tensor, w: Tensor, bias: Tensor) => Tensor;

interface Case {
  name: string;
  shapes: { x: number[]; w: number[]; y: number[] };
  products: Products;
  operator: Operator;
}

/** The values that keep the number of products within bounds. */
const upTo = (most: number, values: readonly number[]) => values.filter((n) => n <= most);

function drawConvolution({ one, whole, draw }: Choices): Convolution {
  const padding = one<Window["padding"]>("same", "same", "valid");
  // Of one pixel with a stride that divides the image, TensorFlow 2.21 is wrong: see `correctPointwiseGradient`.
  const pointwise = draw() < 0.3;
  const kernel: Pair = pointwise ? [1, 1] : [whole(1, 7), whole(1, 7)];
  const step = () => whole(pointwise ? 2 : 1, 4);
  const both = step();
  const stride: Pair = draw() < 0.7 ? [both, both] : [step(), step()];
  const divided = draw() < 0.7;
  const side = (axis: 0 | 1) => {
    const length = divided ? stride[axis] * whole(1, 8) : whole(1, 20);
    return padding === "valid" ? Math.max(length, kernel[axis]) : length;
  };
  const window: Window = { size: [side(0), side(1)], kernel, stride, padding };
  const [height, width] = outputSize(window);
  const area = height * width * kernel[0] * kernel[1];
  const from = one(1, ...upTo(MOST / area, CHANNELS));
  const to = one(1, ...upTo(MOST / area / from, CHANNELS));
  const batch = one(1, ...upTo(MOST / area / from / to, BATCHES));
  return { ...window, from, to, batch };
}

function describeConvolution({ batch, size, kernel, stride, padding, from, to }: Convolution) {
  const by = (pair: readonly number[]) => pair.join(" x ");
  return `${batch} images ${by(size)}, kernel ${by(kernel)}, stride ${by(stride)}, ${padding}, ${from} to ${to}`;
}

const OPERATORS: Record<string, (drawn: Choices) => Case> = {
  "tf.conv2d"(drawn) {
    const of = drawConvolution(drawn);
    const { batch, size, kernel, padding: pad, from, to } = of;
    const strides = [...of.stride] as [number, number];
    const [x, y] = [
      [batch, ...size, from],
      [batch, ...outputSize(of), to],
    ];
    return {
      name: describeConvolution(of),
      shapes: { x, w: [...kernel, from, to], y },
      products: convolution(of),
      operator: (x, filter, bias) =>
        tf.fused.conv2d({ x: x as Tensor4D, filter: filter as Tensor4D, bias, strides, pad }),
    };
  },
  "tf.conv2dTranspose"(drawn) {
    const of = drawConvolution(drawn);
    const { batch, size, kernel, padding, from, to } = of;
    const y = [batch, ...size, from] as [number, number, number, number];
    return {
      name: describeConvolution(of),
      shapes: { x: [batch, ...outputSize(of), to], w: [...kernel, from, to], y },
      products: transposed(convolution(of)),
      operator(x, w, bias) {
        const stride = [...of.stride] as [number, number];
        const image = tf.conv2dTranspose(x as Tensor4D, w as Tensor4D, y, stride, padding);
        return tf.add(image, bias);
      },
    };
  },
  "tf.matMul"({ one, draw }) {
    const m = one(...BATCHES);
    const k = one(1, ...upTo(MOST / m, LENGTHS));
    const n = one(1, ...upTo(MOST / m / k, LENGTHS));
    const [transposeA, transposeB] = [draw() < 0.3, draw() < 0.3];
    const stored = (rows: number, columns: number, turned: boolean) =>
      turned ? [columns, rows] : [rows, columns];
    return {
      name: `${m} x ${k} x ${n}${transposeA ? ", first transposed" : ""}${transposeB ? ", second transposed" : ""}`,
      shapes: { x: stored(m, k, transposeA), w: stored(k, n, transposeB), y: [m, n] },
      products: matrixProduct([m, k, n], [transposeA, transposeB]),
      operator: (a, b, bias) =>
        tf.fused.matMul({ a: a as Tensor2D, b: b as Tensor2D, bias, transposeA, transposeB }),
    };
  },
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** The largest difference, as a part of the largest value. */
function difference(got: ArrayLike<number>, wanted: Float64Array): number {
  expect(got).toHaveLength(wanted.length);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
  return worst / largest;
}

/** y and its gradients by x, w and bias: twice eager, twice captured; all as values. */
function compute(operator: Operator, inputs: Tensor[], activation: Values["activation"]) {
  const f = (x: Tensor, w: Tensor, bias: Tensor, weights: Tensor) => {
    const y = (a: Tensor, b: Tensor, c: Tensor) =>
      activation === "elu" ? tf.elu(operator(a, b, c)) : operator(a, b, c);
    const loss = (...[a, b, c]: Tensor[]) => tf.sum(tf.mul(y(a!, b!, c!), weights)) as Scalar;
    return [y(x, w, bias), ...tf.grads(loss)([x, w, bias])];
  };
  using program = new Program(tf);
  const captured = program.capture("f", f, inputs as [Tensor, Tensor, Tensor, Tensor]);
  const values = (g: typeof f) => () =>
    tf.tidy(() => g(...(inputs as Parameters<typeof f>)).map((t) => t.dataSync<"float32">()));
  const [eagerly, asGraph] = [values(f), values(captured)];
  return { eager: [eagerly(), eagerly()], captured: [asGraph(), asGraph()] };
}

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

const PARTS = ["value", "gradient by x", "gradient by w", "gradient by the bias"];

describe.each(Object.entries(OPERATORS))("%s", (_, drawCase) => {
  test(`${CASES} cases`, ({ task }) => {
    let largest = { error: 0, of: "" };
    for (let seed = 1; seed <= CASES; seed++) {
      const drawn = choices(seed);
      const { name, shapes, products, operator } = drawCase(drawn);
      const activation = drawn.one("linear", "elu");
      const spread = 2 / Math.sqrt(sizeOf(shapes.w) / shapes.y.at(-1)!); // values of about 1
      const given = {
        x: numbers(sizeOf(shapes.x), -1, 1, 3 * seed),
        w: numbers(sizeOf(shapes.w), -spread, spread, 5 * seed),
        bias: numbers(shapes.y.at(-1)!, -1, 1, 7 * seed),
        weights: numbers(sizeOf(shapes.y), -1, 1, 11 * seed),
      };
      const wanted = valueAndGradients(products, { ...given, activation });
      const inputs = [
        tf.tensor(given.x, shapes.x),
        tf.tensor(given.w, shapes.w),
        tf.tensor1d(given.bias),
        tf.tensor(given.weights, shapes.y),
      ];
      for (const [how, [first, second]] of Object.entries(compute(operator, inputs, activation))) {
        for (const [part, values] of first!.entries()) {
          const of = `case ${seed}, ${activation}, ${how}, ${PARTS[part]}: ${name}`;
          expect(bytes(second![part]!).equals(bytes(values)), `${of}, called again`).toBe(true);
          const error = difference(values, wanted[part]!);
          expect(error, of).toBeLessThan(BOUND);
          if (error > largest.error) largest = { error, of };
        }
      }
      tf.dispose(inputs);
    }
    task.meta.measured = `largest difference ${largest.error.toExponential(1)} of the largest value, ${largest.of}`;
    console.log(task.meta.measured);
  });
});
