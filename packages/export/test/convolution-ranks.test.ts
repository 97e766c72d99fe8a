/** Convolutions and pooling over one and three axes, separable and depthwise: parameter tables. */
import { printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { sequential, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;

/** Shape and options of one layer; the options are copied, as tf.js writes into them. */
type Case = { shape: readonly number[] } & Record<string, unknown>;

async function compareLayer(
  make: unknown,
  { shape, ...config }: Case,
  more: object = {},
): Promise<void> {
  const layer = (make as (config: object) => tfl.layers.Layer)(
    structuredClone({ ...more, ...config }),
  );
  await compare(sequential(shape, [layer]));
}

describe("Conv1D", () => {
  test.each<Case>([
    { shape: [7, 3], kernelSize: 1 },
    { shape: [8, 3], kernelSize: 4, padding: "same" },
    { shape: [8, 1], kernelSize: 3, strides: 2, padding: "same" },
    { shape: [9, 3], kernelSize: [2], strides: [3], padding: "same", useBias: false },
    { shape: [9, 3], kernelSize: 3, dilationRate: 3, padding: "same" },
    { shape: [9, 3], kernelSize: 5, strides: 2, activation: "softmax" },
    { shape: [1, 3], kernelSize: 3, padding: "same" },
  ])("%j", (parameters) => compareLayer(layers.conv1d, parameters, { filters: 5 }));

  test("prints", async () => {
    const net = [
      layers.conv1d({ name: "conv", filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
      layers.batchNormalization({ name: "norm" }),
      layers.maxPooling1d({ name: "max", poolSize: 2 }),
      layers.globalAveragePooling1d({ name: "mean" }),
    ];
    const { graph } = await compare(sequential([9, 3], net));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 9, 3]
      outputs mean [N, 4]
        conv/Transpose [N, 3, 9] = Transpose(x) {perm=[0, 2, 1]}
        conv/Conv [N, 4, 5] = Conv(conv/Transpose, conv/kernel [4, 3, 3], conv/bias [4]) {kernel_shape=[3], strides=[2], pads=[1, 1]}
        max/MaxPool [N, 4, 2] = MaxPool(conv/Conv) {kernel_shape=[2], strides=[2], pads=[0, 0]}
        mean [N, 4] = ReduceMean(max/MaxPool) {axes=[2], keepdims=0}
      "
    `);
  });
});

describe("Conv3D and Conv3DTranspose", () => {
  const cases: Case[] = [
    { shape: [3, 4, 5, 2], kernelSize: 3, padding: "same" },
    { shape: [4, 5, 6, 2], kernelSize: [1, 2, 3], strides: [1, 2, 1], padding: "same" },
    { shape: [5, 4, 5, 1], kernelSize: 3, strides: 2, padding: "valid", useBias: false },
    { shape: [3, 4, 4, 2], kernelSize: 2, strides: 2, padding: "same", activation: "relu" },
    { shape: [2, 3, 4, 4], kernelSize: 2, padding: "same", dataFormat: "channelsFirst" },
    { shape: [2, 4, 4, 3], kernelSize: 3, strides: 2, dataFormat: "channelsFirst" },
  ];
  test.each(cases)("Conv3D %j", (parameters) =>
    compareLayer(layers.conv3d, parameters, { filters: 3 }),
  );
  test.each(cases)("Conv3DTranspose %j", (parameters) =>
    compareLayer(layers.conv3dTranspose, parameters, { filters: 3 }),
  );
  test("Conv3DTranspose with gaps between windows", () =>
    compareLayer(layers.conv3dTranspose, {
      shape: [2, 3, 2, 2],
      kernelSize: 2,
      strides: 3,
      filters: 3,
    }));

  test("print", async () => {
    const net = [
      layers.conv3d({ name: "conv", filters: 3, kernelSize: 2, strides: 2, padding: "same" }),
      layers.averagePooling3d({ name: "mean", poolSize: 2, strides: 1, padding: "same" }),
      layers.conv3dTranspose({ name: "deconv", filters: 2, kernelSize: 3, strides: 2 }),
    ];
    const { graph } = await compare(sequential([4, 5, 4, 2], net));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 4, 5, 4, 2]
      outputs deconv [N, 5, 7, 5, 2]
        conv/Transpose [N, 2, 4, 5, 4] = Transpose(x) {perm=[0, 4, 1, 2, 3]}
        conv/Conv [N, 3, 2, 3, 2] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2, 2], strides=[2, 2, 2], pads=[0, 0, 0, 0, 1, 0]}
        mean/AveragePool [N, 3, 2, 3, 2] = AveragePool(conv/Conv) {kernel_shape=[2, 2, 2], strides=[1, 1, 1], pads=[0, 0, 0, 1, 1, 1]}
        deconv/ConvTranspose [N, 2, 5, 7, 5] = ConvTranspose(mean/AveragePool, deconv/kernel [3, 2, 3, 3, 3], deconv/bias [2]) {kernel_shape=[3, 3, 3], strides=[2, 2, 2], pads=[0, 0, 0, 0, 0, 0]}
        deconv [N, 5, 7, 5, 2] = Transpose(deconv/ConvTranspose) {perm=[0, 2, 3, 4, 1]}
      "
    `);
  });
});

describe("DepthwiseConv2D and SeparableConv2D", () => {
  const cases: Case[] = [
    { shape: [6, 7, 3], kernelSize: 3, padding: "same" },
    { shape: [7, 6, 3], kernelSize: [2, 3], strides: 2, padding: "same", depthMultiplier: 2 },
    { shape: [6, 6, 1], kernelSize: 3, strides: 2, depthMultiplier: 4, useBias: false },
    { shape: [6, 7, 2], kernelSize: 3, padding: "same", activation: "softmax" },
    { shape: [5, 6, 7], kernelSize: 3, dataFormat: "channelsFirst", useBias: false },
  ];
  test.each(cases)("DepthwiseConv2D %j", (parameters) =>
    compareLayer(layers.depthwiseConv2d, parameters),
  );
  test.each(cases)("SeparableConv2D %j", (parameters) =>
    compareLayer(layers.separableConv2d, parameters, { filters: 4 }),
  );

  test("print, with normalisation and an activation folded as far as they go", async () => {
    const net = [
      layers.depthwiseConv2d({ name: "depthwise", kernelSize: 3, depthMultiplier: 2 }),
      layers.batchNormalization({ name: "norm" }),
      layers.reLU({ name: "relu", maxValue: 6 }),
      layers.separableConv2d({ name: "separable", filters: 5, kernelSize: 3, padding: "same" }),
    ];
    const { graph } = await compare(sequential([6, 7, 3], net));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 6, 7, 3]
      outputs separable [N, 4, 5, 5]
        depthwise/Transpose [N, 3, 6, 7] = Transpose(x) {perm=[0, 3, 1, 2]}
        depthwise/Conv [N, 6, 4, 5] = Conv(depthwise/Transpose, depthwise/depthwise_kernel [6, 1, 3, 3], depthwise/bias [6]) {kernel_shape=[3, 3], strides=[1, 1], pads=[0, 0, 0, 0], group=3}
        relu/Clip [N, 6, 4, 5] = Clip(depthwise/Conv, 0, 6)
        separable/Conv [N, 6, 4, 5] = Conv(relu/Clip, separable/depthwise_kernel [6, 1, 3, 3]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], group=6}
        separable/Conv_2 [N, 5, 4, 5] = Conv(separable/Conv, separable/pointwise_kernel [5, 6, 1, 1], separable/bias [5]) {kernel_shape=[1, 1], strides=[1, 1], pads=[0, 0, 0, 0]}
        separable [N, 4, 5, 5] = Transpose(separable/Conv_2) {perm=[0, 2, 3, 1]}
      "
    `);
  });
});

describe("Cropping2D", () => {
  test.each<Case>([
    { shape: [5, 6, 2], cropping: 1 },
    { shape: [5, 6, 2], cropping: [2, 1] },
    {
      shape: [5, 6, 2],
      cropping: [
        [0, 3],
        [2, 0],
      ],
    },
    {
      shape: [2, 5, 6],
      cropping: [
        [1, 0],
        [0, 2],
      ],
      dataFormat: "channelsFirst",
    },
  ])("%j", (parameters) => compareLayer(layers.cropping2D, parameters));

  test("prints behind a convolution", async () => {
    const net = [
      layers.conv2d({ name: "conv", filters: 3, kernelSize: 2 }),
      layers.cropping2D({
        name: "crop",
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
    ];
    const { graph } = await compare(sequential([5, 6, 2], net));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs crop [N, 3, 2, 3]
        conv/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 4, 5] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        crop/Slice [N, 3, 3, 2] = Slice(conv/Conv, [1, 2], [4, 4], [2, 3])
        crop [N, 3, 2, 3] = Transpose(crop/Slice) {perm=[0, 2, 3, 1]}
      "
    `);
  });
});
