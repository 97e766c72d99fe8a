/** Permute, RepeatVector, Dot, Masking, Embedding, Rescaling: parameter tables against tf.js. */
import { exportOnnx, printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { joined } from "./features/merge.js";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { randomise, sequential, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;

describe("Permute and RepeatVector", () => {
  test.each([
    { shape: [4, 5], dims: [2, 1] },
    { shape: [4, 5, 3], dims: [1, 2, 3] },
    { shape: [4, 5, 3], dims: [3, 1, 2] },
    { shape: [2, 3, 4, 2], dims: [4, 2, 1, 3] },
  ])("%j, on an input and behind a convolution", async ({ shape, dims }) => {
    await compare(sequential(shape, [layers.permute({ dims })]));
    if (shape.length !== 3) return;
    const conv = layers.conv2d({ filters: 2, kernelSize: 2 });
    await compare(sequential(shape, [conv, layers.permute({ dims })]));
  });

  test.each([1, 4])("repeated %i times", async (n) => {
    await compare(sequential([3], [layers.repeatVector({ n }), layers.dense({ units: 2 })]));
  });

  test("print: an order that a convolution has already costs nothing", async () => {
    const net = [
      layers.conv2d({ name: "conv", filters: 2, kernelSize: 2 }),
      layers.permute({ name: "permute", dims: [3, 1, 2] }),
      layers.flatten({ name: "flatten" }),
      layers.repeatVector({ name: "repeat", n: 3 }),
    ];
    const { graph } = await compare(sequential([3, 4, 1], net));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 3, 4, 1]
      outputs repeat [N, 3, 12]
        conv/Reshape [N, 1, 3, 4] = Reshape(x, [0, 1, 3, 4])
        conv/Conv [N, 2, 2, 3] = Conv(conv/Reshape, conv/kernel [2, 1, 2, 2], conv/bias [2]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        repeat/Reshape [N, 1, 12] = Reshape(conv/Conv, [0, 1, 12])
        repeat [N, 3, 12] = Expand(repeat/Reshape, [1, 3, 1])
      "
    `);
  });
});

describe("Dot", () => {
  test.each([
    { shapes: [[4], [4]], axes: 1 },
    { shapes: [[4], [4]], axes: -1 },
    {
      shapes: [
        [2, 4],
        [3, 4],
      ],
      axes: 2,
    },
    {
      shapes: [
        [4, 2],
        [4, 3],
      ],
      axes: 1,
    },
    {
      shapes: [
        [2, 4],
        [4, 3],
      ],
      axes: [2, 1],
    },
    {
      shapes: [
        [4, 2],
        [3, 4],
      ],
      axes: [1, 2],
    },
    {
      shapes: [
        [2, 4],
        [3, 4],
      ],
      axes: [-1, -1],
    },
    { shapes: [[2, 4], [4]], axes: [2, 1] },
    { shapes: [[4, 2], [4]], axes: [1, 1] },
    { shapes: [[4], [3, 4]], axes: [1, 2] },
    { shapes: [[4], [4, 3]], axes: [1, 1] },
  ])("%j", async ({ shapes, axes }) => {
    for (const normalize of [false, true]) {
      const make = () => layers.dot({ axes: structuredClone(axes) as number, normalize });
      await compare(joined(shapes, make)());
    }
  });

  test("prints", async () => {
    const make = () => layers.dot({ name: "dot", axes: [2, 1], normalize: true });
    const { graph } = await compare(joined([[2, 4], [4]], make)());
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x0 [N, 2, 4], x1 [N, 4]
      outputs dot [N, 2]
        dot/Mul [N, 2, 4] = Mul(x0, x0)
        dot/ReduceSum [N, 2, 1] = ReduceSum(dot/Mul, [2]) {keepdims=1}
        dot/Max [N, 2, 1] = Max(dot/ReduceSum, 1e-7)
        dot/Sqrt [N, 2, 1] = Sqrt(dot/Max)
        dot/Div [N, 2, 4] = Div(x0, dot/Sqrt)
        dot/Mul_2 [N, 4] = Mul(x1, x1)
        dot/ReduceSum_2 [N, 1] = ReduceSum(dot/Mul_2, [1]) {keepdims=1}
        dot/Max_2 [N, 1] = Max(dot/ReduceSum_2, 1e-7)
        dot/Sqrt_2 [N, 1] = Sqrt(dot/Max_2)
        dot/Div_2 [N, 4] = Div(x1, dot/Sqrt_2)
        dot/Reshape [N, 1, 4] = Reshape(dot/Div_2, [0, 1, 4])
        dot/Transpose [N, 4, 1] = Transpose(dot/Reshape) {perm=[0, 2, 1]}
        dot/MatMul [N, 2, 1] = MatMul(dot/Div, dot/Transpose)
        dot [N, 2] = Reshape(dot/MatMul, [0, 2])
      "
    `);
  });
});

describe("Masking, Rescaling, Embedding", () => {
  test("rows that are the mask's value throughout become 0", async () => {
    const make = () => [layers.masking({ name: "mask", maskValue: 1 }), layers.dense({ units: 2 })];
    const ones = (shape: readonly number[]) => tf.round(tf.randomUniform([...shape], 0, 1.6));
    const { graph } = await compare(sequential([6, 2], make()), { input: ones });
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 6, 2]
      outputs dense_Dense3 [N, 6, 2]
        mask/Equal bool [N, 6, 2] = Equal(x, 1)
        mask/Cast [N, 6, 2] = Cast(mask/Equal) {to=1}
        mask/ReduceMin [N, 6, 1] = ReduceMin(mask/Cast) {axes=[2], keepdims=1}
        mask/Sub [N, 6, 1] = Sub(1, mask/ReduceMin)
        mask/Mul [N, 6, 2] = Mul(x, mask/Sub)
        dense_Dense3/MatMul [N, 6, 2] = MatMul(mask/Mul, dense_Dense3/kernel [2, 2])
        dense_Dense3 [N, 6, 2] = Add(dense_Dense3/MatMul, dense_Dense3/bias [2])
      "
    `);
  });

  test.each([
    { scale: 2, offset: 0 },
    { scale: 1 / 255, offset: -0.5 },
  ])("%j", async (config) => {
    await compare(sequential([3, 2], [layers.rescaling(config)]));
  });

  test("whole numbers are rescaled, and looked up", async () => {
    const x = tfl.input({ name: "ids", shape: [4], dtype: "int32" });
    const half = layers.rescaling({ name: "half", scale: 0.5, offset: 0 }).apply(x);
    const rows = layers.embedding({ name: "embed", inputDim: 6, outputDim: 3 }).apply(half);
    const model = randomise(
      tfl.model({ name: "model", inputs: x, outputs: rows as tfl.SymbolicTensor }),
    );
    const { graph } = await compare(model, { below: 12 });
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  ids int32 [N, 4]
      outputs embed [N, 4, 3]
        half/Cast [N, 4] = Cast(ids) {to=1}
        half/Mul [N, 4] = Mul(half/Cast, 0.5)
        embed/Cast int32 [N, 4] = Cast(half/Mul) {to=6}
        embed [N, 4, 3] = Gather(embed/embeddings [6, 3], embed/Cast) {axis=0}
      "
    `);
  });

  test("other layers refuse whole numbers", () => {
    const x = tfl.input({ name: "ids", shape: [4], dtype: "int32" });
    const y = layers.dense({ name: "dense", units: 2 }).apply(x) as tfl.SymbolicTensor;
    expect(() => exportOnnx(tfl.model({ inputs: x, outputs: y }))).toThrow(
      'dense (Dense): input dtype "int32" is not supported (float32)',
    );
  });

  test("a layer that overwrites shapes is named, not the layer before it", () => {
    const crop = layers.centerCrop({ name: "crop", height: 9, width: 2 });
    const net = sequential([5, 6, 2], [layers.conv2d({ filters: 2, kernelSize: 2 }), crop]);
    expect(() => exportOnnx(net)).toThrow("crop (CenterCrop): height 9 is not");
  });
});
