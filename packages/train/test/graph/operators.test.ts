/** Every tf.js kernel with a gradient that tfjs-node has: captured loss and gradients equal eager ones, or a refusal. */
import type {
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  Tensor5D,
} from "@tensorflow/tfjs-node";
import { Program } from "@vaeport/train/graph";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { largestDifference, seeded, tf } from "./support.js";

const x = tf.keep(seeded([4, 6], 1));
const y = tf.keep(seeded([4, 6], 2));
const row = tf.keep(seeded([6], 3));
const positive = tf.keep(tf.add(tf.abs(x), 0.5));
const small = tf.keep(tf.mul(tf.tanh(x), 0.9));
const image = tf.keep(seeded([2, 6, 6, 4], 4));
const volume = tf.keep(seeded([1, 4, 4, 4, 2], 5));
const mask = tf.keep(tf.greater(x, y));
const indices = tf.keep(tf.tensor1d([2, 0, 2], "int32"));

interface Case {
  inputs: Tensor[];
  f: (...inputs: Tensor[]) => Tensor;
  /** The error that a refused operator gives. */
  refused?: RegExp;
}

const of = (inputs: Tensor[], f: (...inputs: never[]) => Tensor): Case => ({
  inputs,
  f: f as Case["f"],
});
const unary = (f: (a: Tensor) => Tensor, input = x): Case => of([input], f);
const filter2 = seeded([3, 3, 4, 2], 6);
const filter3 = seeded([2, 2, 2, 2, 3], 7);

const CASES: Record<string, Case> = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos, small),
  Acosh: unary((a) => tf.acosh(tf.add(a, 1)), positive),
  Add: of([x, y, row], (a, b, c) => tf.add(tf.add(a, b), c)),
  AddN: of([x, y], (a, b) => tf.addN([a, b, a])),
  ArgMax: unary((a) => tf.mul(a, tf.cast(tf.expandDims(tf.argMax(a, 1), 1), "float32"))),
  ArgMin: unary((a) => tf.mul(a, tf.cast(tf.expandDims(tf.argMin(a, 1), 1), "float32"))),
  Asin: unary(tf.asin, small),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atan2: of([x, positive], (a, b) => tf.atan2(a, b)),
  Atanh: unary(tf.atanh, small),
  AvgPool: unary((a) => tf.avgPool(a as Tensor4D, 3, 2, "same"), image),
  AvgPool3D: unary((a) => tf.avgPool3d(a as Tensor5D, 2, 2, "valid"), volume),
  BatchMatMul: of([x, y], (a, b) => tf.matMul(a, b, false, true)),
  BatchToSpaceND: unary((a) =>
    tf.batchToSpaceND(
      tf.reshape(a, [4, 1, 6, 1]),
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  Cast: unary((a) => tf.add(tf.cast(a, "float32"), tf.cast(tf.cast(a, "int32"), "float32"))),
  Ceil: unary((a) => tf.mul(a, tf.ceil(a))),
  ClipByValue: unary((a) => tf.clipByValue(a, -0.5, 0.7)),
  // Its gradient never reaches a real tensor in tf.js.
  ComplexAbs: {
    ...unary((a) => tf.abs(tf.complex(a, tf.mul(a, 2)))),
    refused: /gradient function not found for Complex/,
  },
  Concat: of([x, y], (a, b) => tf.concat([a, b], 1)),
  Conv2D: of([image, filter2], (a: Tensor4D, b: Tensor4D) => tf.conv2d(a, b, 2, "same")),
  Conv2DBackpropInput: of([image, seeded([3, 3, 2, 4], 8)], (a: Tensor4D, b: Tensor4D) =>
    tf.conv2dTranspose(a, b, [2, 12, 12, 2], 2, "same"),
  ),
  Conv3D: of([volume, filter3], (a: Tensor5D, b: Tensor5D) => tf.conv3d(a, b, 1, "same")),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Cumsum: unary((a) => tf.cumsum(a, 1, true, true)),
  DepthwiseConv2dNative: of([image, filter2], (a: Tensor4D, b: Tensor4D) =>
    tf.depthwiseConv2d(a, b, 1, "same"),
  ),
  Dilation2D: of([image, seeded([2, 2, 4], 9)], (a: Tensor4D, b: Tensor3D) =>
    tf.dilation2d(a, b, 1, "same"),
  ),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  ExpandDims: unary((a) => tf.expandDims(a, 1)),
  Expm1: unary(tf.expm1),
  Floor: unary((a) => tf.mul(a, tf.floor(a))),
  FloorDiv: of([x, positive], (a, b) => tf.add(a, tf.floorDiv(a, b))),
  FusedBatchNorm: of(
    [image, seeded([4], 10), tf.abs(seeded([4], 11)), seeded([4], 12), seeded([4], 13)],
    (a, mean: Tensor1D, variance: Tensor1D, scale: Tensor1D, offset: Tensor1D) =>
      tf.batchNorm(a, mean, variance, offset, scale, 1e-3),
  ),
  GatherV2: unary((a) => {
    const computed = tf.sub(tf.scalar(3, "int32"), indices) as Tensor1D;
    return tf.concat([tf.gather(a, indices, 1), tf.gather(a, computed, 1)], 1);
  }),
  GreaterEqual: of([x, y], (a, b) => tf.mul(a, tf.cast(tf.greaterEqual(a, b), "float32"))),
  Identity: unary(tf.clone),
  IsFinite: unary((a) => tf.mul(a, tf.cast(tf.isFinite(tf.div(a, 0)), "float32"))),
  IsInf: unary((a) => tf.mul(a, tf.cast(tf.isInf(tf.div(a, 0)), "float32"))),
  IsNan: unary((a) => tf.mul(a, tf.cast(tf.isNaN(tf.sqrt(a)), "float32"))),
  LRN: unary((a) => tf.localResponseNormalization(a as Tensor4D, 2), image),
  LeakyRelu: unary((a) => tf.leakyRelu(a, 0.1)),
  Log: unary(tf.log, positive),
  Log1p: unary(tf.log1p, positive),
  Max: unary((a) => tf.max(a, 1)),
  MaxPool: unary((a) => tf.maxPool(a as Tensor4D, 2, 2, "valid"), image),
  MaxPool3D: unary((a) => tf.maxPool3d(a as Tensor5D, 2, 2, "same"), volume),
  Maximum: of([x, y], (a, b) => tf.maximum(a, b)),
  Mean: unary((a) => tf.mean(a, 0)),
  Min: unary((a) => tf.min(a, 0)),
  Minimum: of([x, y], (a, b) => tf.minimum(a, b)),
  MirrorPad: unary((a) =>
    tf.mirrorPad(
      a,
      [
        [1, 1],
        [0, 2],
      ],
      "reflect",
    ),
  ),
  Mod: of([x, positive], (a, b) => tf.mod(a, b)),
  Multiply: of([x, row], (a, b) => tf.mul(a, b)),
  Neg: unary(tf.neg),
  OneHot: unary((a) => tf.mul(a, tf.oneHot(tf.argMax(a, 1) as Tensor1D, 6))),
  OnesLike: unary((a) => tf.mul(a, tf.onesLike(a))),
  Pack: of([x, y], (a, b) => tf.stack([a, b], 1)),
  PadV2: unary((a) =>
    tf.pad(
      a,
      [
        [1, 0],
        [2, 1],
      ],
      3,
    ),
  ),
  Pow: of([positive, row], (a, b) => tf.pow(a, b)),
  Prelu: of([x, row], (a, b) => tf.prelu(a, b)),
  Prod: unary((a) => tf.prod(a, 1)),
  RealDiv: of([x, positive], (a, b) => tf.div(a, b)),
  Reciprocal: unary(tf.reciprocal, positive),
  Relu: unary(tf.relu),
  Relu6: unary((a) => tf.relu6(tf.mul(a, 8))),
  Reshape: unary((a) => tf.reshape(a, [2, 12])),
  ResizeBilinear: unary((a) => tf.image.resizeBilinear(a as Tensor4D, [9, 3]), image),
  ResizeNearestNeighbor: unary(
    (a) => tf.image.resizeNearestNeighbor(a as Tensor4D, [12, 12]),
    image,
  ),
  Reverse: unary((a) => tf.reverse(a, 1)),
  Round: unary((a) => tf.mul(a, tf.round(a))),
  Rsqrt: unary(tf.rsqrt, positive),
  Select: of([x, y], (a, b) => tf.where(mask, a, tf.square(b))),
  Selu: unary(tf.selu),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary((a) => tf.mul(a, tf.sign(a))),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Slice: unary((a) => tf.slice(a, [1, 2], [2, 3])),
  Softmax: unary((a) => tf.mul(tf.softmax(a), row)),
  Softplus: unary(tf.softplus),
  SpaceToBatchND: unary(
    (a) =>
      tf.spaceToBatchND(
        a,
        [2, 3],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    image,
  ),
  SplitV: unary((a) => {
    const [left, right] = tf.split(a, [2, 4], 1);
    return tf.matMul(left!, right!, true, false);
  }),
  Sqrt: unary(tf.sqrt, positive),
  Square: unary(tf.square),
  SquaredDifference: of([x, y], (a, b) => tf.squaredDifference(a, b)),
  Step: unary((a) => tf.mul(a, tf.step(a, 0.1))),
  Sub: of([x, row], (a, b) => tf.sub(a, b)),
  Sum: unary((a) => tf.sum(tf.sum(a, 1, true), 0)),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),
  Tile: unary((a) => tf.mul(tf.tile(a, [2, 3]), seeded([8, 18], 14))),
  Transpose: unary((a) => tf.transpose(a)),
  Unpack: unary((a) => {
    const [first, second] = tf.unstack(a, 0);
    return tf.mul(first!, second!);
  }),
  UnsortedSegmentSum: unary((a) =>
    tf.unsortedSegmentSum(tf.slice(a as Tensor2D, 0, 3), indices, 4),
  ),
  ZerosLike: unary((a) => tf.add(a, tf.zerosLike(a))),
};

/** The loss weighs each element differently, so that a misplaced gradient shows. */
function lossAndGradients({ f }: Case) {
  const loss = (...tensors: Tensor[]) => {
    const result = f(...tensors);
    const weights = tf.reshape(tf.linspace(0.5, 1.5, result.size), result.shape);
    return tf.sum(tf.mul(result, weights)).asScalar();
  };
  return (...tensors: Tensor[]) => {
    const { value, grads } = tf.valueAndGrads(loss)(tensors);
    return [value as Tensor, ...grads];
  };
}

let program: Program;
beforeEach(() => {
  tf.engine().startScope();
  program = new Program(tf);
});
afterEach(() => {
  program.dispose();
  tf.engine().endScope();
});

test("the table has every kernel with a gradient, and no other", () => {
  const kernels = tf.getKernelsForBackend("tensorflow").map(({ kernelName }) => kernelName);
  const differentiable = kernels.filter((name) => tf.getGradient(name)).sort();
  expect(Object.keys(CASES).sort()).toEqual(differentiable);
});

/** The largest error of the captured loss and gradients, or the message that refuses the operator. */
function outcome(entry: Case): { error: number } | { refused: string } {
  const eager = lossAndGradients(entry);
  let captured: ReturnType<typeof program.capture<Tensor[], Tensor[]>>;
  try {
    captured = program.capture("f", eager, entry.inputs);
  } catch (error) {
    return { refused: (error as Error).message };
  }
  const shifted = entry.inputs.map((input) => tf.mul(input, 0.97));
  const expected = eager(...shifted);
  const errors = captured(...shifted).map((t, i) => largestDifference(t, expected[i]!));
  return { error: Math.max(...errors) };
}

describe("captured equals eager", () => {
  const listing = ["Kernels with a gradient: how they are captured with it"];

  test.each(Object.entries(CASES))("%s", (kernel, entry) => {
    const found = outcome(entry);
    listing.push(
      `${kernel}: ${"refused" in found ? `refused. ${found.refused}` : "equal to eager"}`,
    );
    if (entry.refused) expect("refused" in found && found.refused).toMatch(entry.refused);
    else expect("error" in found ? found.error : found.refused).toBeLessThan(1e-5);
  });

  test("the listing", async () => {
    await expect(`${listing.join("\n")}\n`).toMatchFileSnapshot("./golden/operators.txt");
  });
});

describe("operators without a gradient", () => {
  const forward: Record<string, (a: Tensor) => Tensor | Tensor[]> = {
    "tf.all": (a) => tf.all(tf.greater(a, 0), 1),
    "tf.any": (a) => tf.any(tf.greater(a, 0), 1),
    "tf.cumprod": (a) => tf.cumprod(a, 1),
    "tf.depthToSpace": () => tf.depthToSpace(image as Tensor4D, 2, "NHWC"),
    "tf.diag": (a) => tf.diag(tf.slice(a, [0, 0], [1, 6])),
    "tf.einsum": (a) => tf.einsum("ij,kj->ik", a, a),
    "tf.equal, tf.notEqual": (a) => [tf.equal(a, a), tf.notEqual(a, y)],
    "tf.fft, tf.ifft, tf.real, tf.imag": (a) => {
      const spectrum = tf.fft(tf.complex(a, a));
      return [tf.real(spectrum), tf.imag(spectrum), tf.real(tf.ifft(spectrum))];
    },
    "tf.gatherND": (a) =>
      tf.gatherND(
        a,
        tf.tensor2d(
          [
            [0, 1],
            [2, 3],
          ],
          [2, 2],
          "int32",
        ),
      ),
    "tf.image.cropAndResize": () =>
      tf.image.cropAndResize(
        image as Tensor4D,
        tf.tensor2d([[0, 0, 0.5, 1]]),
        tf.tensor1d([1], "int32"),
        [3, 3],
      ),
    "tf.image.flipLeftRight": () => tf.image.flipLeftRight(image as Tensor4D),
    "tf.less, tf.lessEqual": (a) => [tf.less(a, y), tf.lessEqual(a, y)],
    "tf.logicalAnd, tf.logicalOr, tf.logicalNot": (a) => {
      const [p, q] = [tf.greater(a, 0), tf.greater(y, 0)];
      return [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalNot(p)];
    },
    "tf.range, tf.linspace, tf.fill": (a) => [
      tf.add(a, tf.range(0, 6)),
      tf.linspace(0, 1, 5),
      tf.fill([2], 3),
    ],
    "tf.stridedSlice": (a) => tf.stridedSlice(a, [0, 1], [4, 6], [2, 3]),
    "tf.topk": (a) => {
      const { values, indices: places } = tf.topk(a, 2);
      return [values, places];
    },
    "tf.scatterND": (a) =>
      tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], "int32"), tf.slice(a, 0, 2), [5, 6]),
    "tf.tensorScatterUpdate": (a) =>
      tf.tensorScatterUpdate(a, tf.tensor2d([[1]], [1, 1], "int32"), tf.ones([1, 6])),
    "tf.sparseToDense": (a) =>
      tf.sparseToDense(
        tf.tensor1d([0, 2], "int32"),
        tf.reshape(tf.slice(a, [0, 0], [1, 2]), [2]),
        [4],
        0,
      ),
    "tf.bincount": (a) =>
      tf.bincount(tf.cast(tf.reshape(tf.abs(a), [24]), "int32") as Tensor1D, tf.ones([24]), 4),
  };
  test.each(Object.entries(forward))("%s", (_, f) => {
    const list = (a: Tensor) => [f(a)].flat();
    const captured = program.capture("f", list, [x]);
    const expected = list(y);
    for (const [index, tensor] of captured(y).entries()) {
      expect(largestDifference(tensor, expected[index]!)).toBeLessThan(1e-6);
    }
  });
});
