/** Dense, pooling, normalisation, merging and moving layers: parameter tables against tf.js. */
import { printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { randomise, sequential, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;
const conv = () => layers.conv2d({ name: "conv", filters: 3, kernelSize: 2 });

describe("Dense", () => {
  test.each([
    { shape: [7], useBias: true },
    { shape: [7], useBias: false },
    { shape: [4, 7], useBias: true },
    { shape: [3, 4, 7], useBias: false },
  ])("$shape, bias $useBias", async ({ shape, useBias }) => {
    await compare(sequential(shape, [layers.dense({ units: 5, useBias, activation: "relu" })]));
  });

  test("behind a convolution, over its channels", async () => {
    const model = sequential([5, 6, 2], [conv(), layers.dense({ name: "dense", units: 4 })]);
    const { graph } = await compare(model);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs dense [N, 4, 5, 4]
        conv/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 4, 5] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        dense/Transpose [N, 4, 5, 3] = Transpose(conv/Conv) {perm=[0, 2, 3, 1]}
        dense/MatMul [N, 4, 5, 4] = MatMul(dense/Transpose, dense/kernel [3, 4])
        dense [N, 4, 5, 4] = Add(dense/MatMul, dense/bias [4])
      "
    `);
  });
});

describe("pooling", () => {
  const windows = [
    { poolSize: 2, padding: "valid" },
    { poolSize: 2, padding: "same" },
    { poolSize: [3, 2], strides: [1, 2], padding: "same" },
    { poolSize: 3, strides: 2, padding: "same" },
    { poolSize: 2, strides: 3, padding: "same" },
    { poolSize: 3, strides: 1, padding: "same", dataFormat: "channelsFirst" },
    { poolSize: 2, padding: "valid", dataFormat: "channelsFirst" },
  ] as const;

  test.each(windows)("%j", async (window) => {
    const config = () => structuredClone(window) as Parameters<typeof layers.maxPooling2d>[0];
    await compare(sequential([7, 8, 3], [layers.maxPooling2d(config())]));
    await compare(sequential([7, 8, 3], [layers.averagePooling2d(config())]));
    await compare(sequential([6, 7, 2], [conv(), layers.averagePooling2d(config())]));
  });

  test.each(["channelsLast", "channelsFirst"] as const)("global, %s", async (dataFormat) => {
    for (const make of [layers.globalMaxPooling2d, layers.globalAveragePooling2d]) {
      await compare(sequential([4, 5, 3], [make({ dataFormat })]));
      await compare(sequential([4, 5, 3], [conv(), make({ dataFormat })]));
    }
  });

  test("prints", async () => {
    const { graph } = await compare(
      sequential(
        [7, 8, 2],
        [
          conv(),
          layers.maxPooling2d({ name: "max", poolSize: 3, strides: 2, padding: "same" }),
          layers.globalAveragePooling2d({ name: "mean" }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 7, 8, 2]
      outputs mean [N, 3]
        conv/Transpose [N, 2, 7, 8] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 6, 7] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        max/MaxPool [N, 3, 3, 4] = MaxPool(conv/Conv) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 1, 1]}
        mean [N, 3] = ReduceMean(max/MaxPool) {axes=[2, 3], keepdims=0}
      "
    `);
  });
});

describe("BatchNormalization", () => {
  test.each([
    { shape: [6], axis: -1 },
    { shape: [4, 6], axis: -1 },
    { shape: [4, 5, 6], axis: -1 },
    { shape: [4, 5, 6], axis: 3, scale: false },
    { shape: [4, 5, 6], axis: 3, center: false },
    { shape: [6], axis: 1, scale: false, center: false },
  ])("%j", async ({ shape, ...config }) => {
    const make = () => layers.batchNormalization({ ...config, epsilon: 2e-3 });
    await compare(sequential(shape, [make()]));
    if (shape.length === 3) await compare(sequential([6, 5, 2], [conv(), make()]));
  });

  // The plain JavaScript backend lays statistics along the last axis whatever the axis is, so the formula is the reference.
  test.each([
    { shape: [4, 6], axis: 1 },
    { shape: [4, 5, 6], axis: 1 },
    { shape: [4, 5, 6], axis: 2 },
  ])("%j", async ({ shape, axis }) => {
    const model = sequential(shape, [layers.batchNormalization({ axis, epsilon: 2e-3 })]);
    const along = [1, ...shape].map((size, index) => (index === axis ? size : 1));
    const weights = model.getWeights().map((weight) => tf.reshape(weight, along));
    const [gamma, beta, mean, variance] = weights as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const deviation = tf.sqrt(tf.add(variance, 2e-3));
    const reference = ([x]: tf.Tensor[]) =>
      tf.add(tf.mul(tf.div(tf.sub(x as tf.Tensor, mean), deviation), gamma), beta);
    await compare(model, { reference });
  });

  test("goes into the weights before it", async () => {
    const { graph } = await compare(
      sequential(
        [5, 6, 2],
        [
          layers.conv2d({ name: "conv", filters: 3, kernelSize: 2, useBias: false }),
          layers.batchNormalization({}),
          layers.conv2dTranspose({ name: "deconv", filters: 4, kernelSize: 2 }),
          layers.batchNormalization({}),
          layers.flatten(),
          layers.dense({ name: "dense", units: 5 }),
          layers.batchNormalization({}),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs batch_normalization_BatchNormalization15 [N, 5]
        conv/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 4, 5] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        deconv/ConvTranspose [N, 4, 5, 6] = ConvTranspose(conv/Conv, deconv/kernel [3, 4, 2, 2], deconv/bias [4]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        flatten_Flatten1/Reshape [N, 120] = Reshape(deconv/ConvTranspose, [0, 120])
        batch_normalization_BatchNormalization15 [N, 5] = Gemm(flatten_Flatten1/Reshape, dense/kernel [120, 5], dense/bias [5])
      "
    `);
  });

  test("stays where an activation is between", async () => {
    const { graph } = await compare(
      sequential(
        [5, 6, 2],
        [
          layers.conv2d({ name: "conv", filters: 3, kernelSize: 2, activation: "relu" }),
          layers.batchNormalization({ name: "norm" }),
          layers.flatten({ name: "flatten" }),
          layers.batchNormalization({ name: "vector_norm" }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs vector_norm [N, 60]
        conv/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 4, 5] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        conv/Relu [N, 3, 4, 5] = Relu(conv/Conv)
        norm/BatchNormalization [N, 3, 4, 5] = BatchNormalization(conv/Relu, norm/gamma [3], norm/beta [3], norm/moving_mean [3], norm/moving_variance [3]) {epsilon=0.001}
        flatten/Transpose [N, 4, 5, 3] = Transpose(norm/BatchNormalization) {perm=[0, 2, 3, 1]}
        flatten/Reshape [N, 60] = Reshape(flatten/Transpose, [0, 60])
        vector_norm/Mul [N, 60] = Mul(flatten/Reshape, vector_norm/scale [60])
        vector_norm [N, 60] = Add(vector_norm/Mul, vector_norm/shift [60])
      "
    `);
  });
});

describe("LayerNormalization", () => {
  test.each([
    { shape: [6], axis: -1 },
    { shape: [4, 6], axis: [1, 2] },
    { shape: [4, 5, 6], axis: -1 },
    { shape: [4, 5, 6], axis: [2, 3], scale: false },
    { shape: [4, 5, 6], axis: 1 },
    { shape: [4, 5, 6], axis: [1, 2], center: false },
    { shape: [4, 5, 6], axis: [3, 1] },
    { shape: [4, 5, 6], axis: [1, 3], scale: false, center: false },
  ])("%j", async ({ shape, ...config }) => {
    const make = () => layers.layerNormalization({ ...config, epsilon: 2e-3 });
    await compare(sequential(shape, [make()]));
    if (shape.length === 3) await compare(sequential([6, 5, 2], [conv(), make()]));
  });

  test("prints", async () => {
    const { graph } = await compare(
      sequential(
        [4, 6],
        [
          layers.layerNormalization({ name: "last" }),
          layers.layerNormalization({ name: "first", axis: 1 }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 4, 6]
      outputs first [N, 4, 6]
        last/LayerNormalization [N, 4, 6] = LayerNormalization(x, last/gamma [6], last/beta [6]) {axis=2, epsilon=0.001}
        first/ReduceMean [N, 1, 6] = ReduceMean(last/LayerNormalization) {axes=[1], keepdims=1}
        first/Sub [N, 4, 6] = Sub(last/LayerNormalization, first/ReduceMean)
        first/Mul [N, 4, 6] = Mul(first/Sub, first/Sub)
        first/ReduceMean_2 [N, 1, 6] = ReduceMean(first/Mul) {axes=[1], keepdims=1}
        first/Add [N, 1, 6] = Add(first/ReduceMean_2, 0.001)
        first/Sqrt [N, 1, 6] = Sqrt(first/Add)
        first/Div [N, 4, 6] = Div(first/Sub, first/Sqrt)
        first/Mul_2 [N, 4, 6] = Mul(first/Div, first/gamma [1, 4, 1])
        first [N, 4, 6] = Add(first/Mul_2, first/beta [1, 4, 1])
      "
    `);
  });
});

describe("merging", () => {
  const merges = {
    Add: () => layers.add(),
    Multiply: () => layers.multiply(),
    Average: () => layers.average(),
    Maximum: () => layers.maximum(),
    Minimum: () => layers.minimum(),
  };
  const shapes = [
    [[5], [5]],
    [
      [4, 5, 3],
      [4, 5, 3],
      [4, 5, 3],
    ],
    [
      [4, 5, 3],
      [1, 1, 3],
    ],
    [[3], [4, 5, 3]],
  ];

  test.each(Object.entries(merges))("%s broadcasts as tf.js does", async (_, make) => {
    for (const sizes of shapes) {
      const inputs = sizes.map((shape) => tfl.input({ shape }));
      const outputs = make().apply(inputs) as tfl.SymbolicTensor;
      await compare(tfl.model({ inputs, outputs }));
    }
  });

  test.each([1, 2, 3, -1])("Concatenate along %i", async (axis) => {
    const inputs = [2, 3].map((size) => {
      const shape = [4, 5, 3];
      shape.splice(axis < 0 ? axis : axis - 1, 1, size);
      return tfl.input({ shape });
    });
    const joined = layers.concatenate({ axis }).apply(inputs) as tfl.SymbolicTensor;
    await compare(tfl.model({ inputs, outputs: joined }));
  });

  test("prints a residual block and a skip", async () => {
    const x = tfl.input({ name: "x", shape: [4, 5, 3] });
    const same = { filters: 3, kernelSize: 3, padding: "same" as const };
    const y = layers.conv2d({ ...same, name: "a" }).apply(x);
    const z = layers.conv2d({ ...same, name: "b" }).apply(y) as tfl.SymbolicTensor;
    const sum = layers.add({ name: "sum" }).apply([y as tfl.SymbolicTensor, z]);
    const both = layers.concatenate({ name: "skip" }).apply([sum as tfl.SymbolicTensor, x]);
    const out = layers.conv2d({ ...same, name: "c" }).apply(both) as tfl.SymbolicTensor;
    const { graph } = await compare(
      randomise(tfl.model({ name: "model", inputs: x, outputs: out })),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 4, 5, 3]
      outputs c [N, 4, 5, 3]
        a/Transpose [N, 3, 4, 5] = Transpose(x) {perm=[0, 3, 1, 2]}
        a/Conv [N, 3, 4, 5] = Conv(a/Transpose, a/kernel [3, 3, 3, 3], a/bias [3]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]}
        b/Conv [N, 3, 4, 5] = Conv(a/Conv, b/kernel [3, 3, 3, 3], b/bias [3]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]}
        sum/Add [N, 3, 4, 5] = Add(a/Conv, b/Conv)
        skip/Concat [N, 6, 4, 5] = Concat(sum/Add, a/Transpose) {axis=1}
        c/Conv [N, 3, 4, 5] = Conv(skip/Concat, c/kernel [3, 6, 3, 3], c/bias [3]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]}
        c [N, 4, 5, 3] = Transpose(c/Conv) {perm=[0, 2, 3, 1]}
      "
    `);
  });
});

describe("moving elements", () => {
  test.each([
    ["Flatten", () => layers.flatten()],
    ["Flatten channelsFirst", () => layers.flatten({ dataFormat: "channelsFirst" })],
    ["Reshape", () => layers.reshape({ targetShape: [6, 10] })],
    ["Reshape with an open size", () => layers.reshape({ targetShape: [3, -1, 2] })],
    ["ZeroPadding2D", () => layers.zeroPadding2d({})],
    [
      "ZeroPadding2D uneven",
      () =>
        layers.zeroPadding2d({
          padding: [
            [0, 2],
            [3, 1],
          ],
        }),
    ],
    [
      "ZeroPadding2D channelsFirst",
      () => layers.zeroPadding2d({ padding: [1, 2], dataFormat: "channelsFirst" }),
    ],
    ["UpSampling2D", () => layers.upSampling2d({})],
    ["UpSampling2D 3 x 2", () => layers.upSampling2d({ size: [3, 2] })],
    [
      "UpSampling2D bilinear",
      () => layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" }),
    ],
    ["UpSampling2D channelsFirst", () => layers.upSampling2d({ dataFormat: "channelsFirst" })],
    ["Dropout", () => layers.dropout({ rate: 0.5 })],
    ["GaussianNoise", () => layers.gaussianNoise({ stddev: 1 })],
    ["GaussianDropout", () => layers.gaussianDropout({ rate: 0.5 })],
    ["AlphaDropout", () => layers.alphaDropout({ rate: 0.5 })],
  ])("%s on an image and behind a convolution", async (_, make) => {
    await compare(sequential([4, 5, 3], [make()]));
    await compare(sequential([5, 6, 2], [conv(), make()]));
  });

  // ONNX Runtime is kept from merging a Pad into the pooling behind it: hence input below zero.
  test.each([
    { poolSize: 2, padding: "valid" },
    { poolSize: 3, padding: "valid" },
    { poolSize: 3, padding: "same" },
  ] as const)("zeros before pooling take part in it: %j", async (window) => {
    for (const make of [layers.maxPooling2d, layers.averagePooling2d]) {
      const below = layers.activation({ activation: "softplus" });
      const negative = layers.conv2d({ name: "negate", filters: 2, kernelSize: 1, useBias: false });
      const model = sequential(
        [5, 4, 2],
        [below, negative, layers.zeroPadding2d({ padding: 2 }), make({ ...window, strides: 1 })],
      );
      model.setWeights([tf.tensor4d([-1, 0, 0, -1], [1, 1, 2, 2])]);
      await compare(model);
    }
  });

  test("a convolution pads by itself", async () => {
    const pad = layers.zeroPadding2d({
      name: "pad",
      padding: [
        [0, 1],
        [3, 2],
      ],
    });
    const { graph } = await compare(
      sequential(
        [5, 6, 2],
        [
          pad,
          layers.conv2d({ name: "conv", filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs conv [N, 3, 6, 3]
        pad/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 3, 6] = Conv(pad/Transpose, conv/kernel [3, 2, 3, 3], conv/bias [3]) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 4, 2, 3]}
        conv [N, 3, 6, 3] = Transpose(conv/Conv) {perm=[0, 2, 3, 1]}
      "
    `);
  });

  test("SpatialDropout1D", async () => {
    await compare(sequential([4, 5], [layers.spatialDropout1d({ rate: 0.5 })]));
  });

  test("prints", async () => {
    const { graph } = await compare(
      sequential(
        [3, 2, 2],
        [
          layers.zeroPadding2d({ name: "pad" }),
          layers.upSampling2d({ name: "up", interpolation: "bilinear" }),
          layers.dropout({ rate: 0.5 }),
          layers.reshape({ name: "reshape", targetShape: [20, -1] }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 3, 2, 2]
      outputs reshape [N, 20, 8]
        pad/Transpose [N, 2, 3, 2] = Transpose(x) {perm=[0, 3, 1, 2]}
        pad/Pad [N, 2, 5, 4] = Pad(pad/Transpose, [0, 0, 1, 1, 0, 0, 1, 1], 0) {mode=constant}
        up/Resize [N, 2, 10, 8] = Resize(pad/Pad, -, up/scales [4]) {mode=linear, coordinate_transformation_mode=asymmetric}
        reshape/Transpose [N, 10, 8, 2] = Transpose(up/Resize) {perm=[0, 2, 3, 1]}
        reshape [N, 20, 8] = Reshape(reshape/Transpose, [0, 20, 8])
      "
    `);
  });
});
