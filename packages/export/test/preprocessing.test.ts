/** CenterCrop and CategoryEncoding over their parameters, against tf.js; it runs them behind another layer only. */
import { exportOnnx, printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { sequential, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;

/** A crop behind a convolution of [height, width] images, with an activation that shares its shape, and layers behind. */
function cropped(height: number, width: number, to: readonly [number, number]): tfl.LayersModel {
  return sequential(
    [height, width, 3],
    [
      layers.conv2d({ name: "conv", filters: 2, kernelSize: 1 }),
      layers.activation({ name: "tanh", activation: "tanh" }),
      layers.centerCrop({ name: "crop", height: to[0], width: to[1] }),
      layers.flatten({ name: "flatten" }),
      layers.dense({ name: "dense", units: 2 }),
    ],
  );
}

describe("CenterCrop", () => {
  test.each([
    [4, 5, 2, 2],
    [4, 5, 2, 5],
    [4, 5, 4, 3],
    [4, 5, 3, 4],
    [4, 5, 1, 1],
    [7, 7, 3, 3],
    [8, 9, 5, 2],
    [9, 8, 1, 7],
    [33, 17, 20, 9],
    [64, 30, 41, 29],
  ] as const)("%i x %i to %i x %i", async (height, width, rows, columns) => {
    await compare(cropped(height, width, [rows, columns]));
  });

  test("is a Slice", () => {
    expect(printGraph(exportOnnx(cropped(4, 5, [2, 2])).graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 4, 5, 3]
      outputs dense [N, 2]
        conv/Transpose [N, 3, 4, 5] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 2, 4, 5] = Conv(conv/Transpose, conv/kernel [2, 3, 1, 1], conv/bias [2]) {kernel_shape=[1, 1], strides=[1, 1], pads=[0, 0, 0, 0]}
        tanh/Tanh [N, 2, 4, 5] = Tanh(conv/Conv)
        crop/Slice [N, 2, 2, 2] = Slice(tanh/Tanh, [1, 1], [3, 3], [2, 3])
        flatten/Reshape [N, 8] = Reshape(crop/Slice, [0, 8])
        dense [N, 2] = Gemm(flatten/Reshape, dense/kernel [8, 2], dense/bias [2])
      "
    `);
  });

  test("is refused where it would have to enlarge, and where it crops nothing", () => {
    expect(() => exportOnnx(cropped(4, 5, [5, 5]))).toThrow(/crop \(CenterCrop\): height 5 is not/);
    expect(() => exportOnnx(cropped(4, 5, [4, 5]))).toThrow(/crop \(CenterCrop\): size \[4,5\]/);
  });
});

describe("CategoryEncoding", () => {
  test.each([
    { outputMode: "count", count: 3, numTokens: 4 },
    { outputMode: "count", count: 7, numTokens: 2 },
    { outputMode: "count", count: 1, numTokens: 12 },
    { outputMode: "multiHot", count: 3, numTokens: 4 },
    { outputMode: "multiHot", count: 1, numTokens: 9 },
    { outputMode: "oneHot", count: 1, numTokens: 5 },
  ] as const)("%j", async ({ count, ...config }) => {
    const same = { units: count, useBias: false, kernelInitializer: "identity" } as const;
    const x = tfl.input({ name: "x", shape: [count] });
    const encode = layers.categoryEncoding(config);
    const outputs = encode.apply(layers.dense(same).apply(x)) as tfl.SymbolicTensor;
    await compare(tfl.model({ name: "model", inputs: x, outputs }), { below: config.numTokens });
  });
});
