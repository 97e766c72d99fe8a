/** Models that leave the length of their sequences open, as a size of the graph with a name. */
import { exportOnnx, printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { recurrentLayer } from "./features/recurrent.js";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { randomise, sequential, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const cases: Record<string, readonly [(number | null)[], () => tfl.layers.Layer[]]> = {
  "a tagger": [
    [null, 4],
    () => [
      layers.conv1d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }),
      layers.bidirectional({
        layer: recurrentLayer("GRU", { returnSequences: true, goBackwards: true }) as tfl.RNN,
        mergeMode: "ave" as "concat",
      }),
      layers.timeDistributed({ layer: layers.dense({ units: 2, activation: "softmax" }) }),
    ],
  ],
  "a classifier of one channel": [
    [null, 1],
    () => [
      layers.conv1d({ filters: 4, kernelSize: 2, strides: 2 }),
      layers.batchNormalization(),
      layers.maxPooling1d({ poolSize: 2, strides: 1 }),
      layers.layerNormalization(),
      layers.globalAveragePooling1d({}),
      layers.dense({ units: 2 }),
    ],
  ],
  "axes in another order": [[null, 3], () => [layers.permute({ dims: [2, 1] })]],
  "a stack of cells": [
    [null, 3],
    () => [
      layers.rnn({
        cell: [2, 4].map((units) => layers.gruCell({ units, recurrentInitializer: "zeros" })),
        returnSequences: true,
      }),
    ],
  ],
};

test.each(Object.entries(cases))(
  "%s gives the numbers of tf.js at any length",
  async (_, [shape, net]) => {
    const { graph } = await compare(sequential(shape, net()));
    expect(graph.inputs[0]?.shape).toEqual(["N", "T", shape[1]]);
  },
);

test("attention over two open lengths", async () => {
  const inputs = ["query", "keys"].map((name) => tfl.input({ name, shape: [null, 4] }));
  const [query, keys] = inputs as [Tensor, Tensor];
  const scores = layers.dot({ axes: 2, name: "scores" }).apply([query, keys]) as Tensor;
  const weights = layers.softmax({ name: "weights", axis: -1 }).apply(scores) as Tensor;
  const outputs = layers.dot({ axes: [2, 1], name: "read" }).apply([weights, keys]) as Tensor;
  const { graph } = await compare(tfl.model({ name: "attention", inputs, outputs }));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph attention, opset 17
    inputs  query [N, T, 4], keys [N, T2, 4]
    outputs read [N, T, 4]
      scores/Transpose [N, 4, T2] = Transpose(keys) {perm=[0, 2, 1]}
      scores/MatMul [N, T, T2] = MatMul(query, scores/Transpose)
      weights/Softmax [N, T, T2] = Softmax(scores/MatMul) {axis=2}
      read [N, T, 4] = MatMul(weights/Softmax, keys)
    "
  `);
});

test("sizes made of an open one are named after it", () => {
  const x = tfl.input({ name: "x", shape: [null, 3] });
  const valid = layers.conv1d({ name: "valid", filters: 3, kernelSize: 3 }).apply(x) as Tensor;
  const half = layers.maxPooling1d({ name: "half" }).apply(valid) as Tensor;
  const both = layers.concatenate({ name: "both", axis: 1 }).apply([x, valid]) as Tensor;
  const model = randomise(tfl.model({ inputs: x, outputs: [half, both] }));
  const shapes = exportOnnx(model).graph.outputs.map(({ shape }) => shape.join(" "));
  expect(shapes).toEqual(["N ((T-2)-2)/2+1 3", "N T+(T-2) 3"]);
});

describe("what needs the length is refused", () => {
  test.each<[string, () => tfl.layers.Layer]>([
    ["reshape", () => layers.reshape({ name: "reshape", targetShape: [-1] })],
    [
      "strided",
      () =>
        layers.conv1d({ name: "strided", filters: 2, kernelSize: 3, strides: 2, padding: "same" }),
    ],
    ["unrolled", () => recurrentLayer("LSTM", { name: "unrolled", activation: "gelu" })],
  ])("%s", (name, make) => {
    expect(() => exportOnnx(sequential([null, 3], [make()]))).toThrow(
      new RegExp(`${name} .*an open size \\("T"\\) is not supported here`),
    );
  });
});
