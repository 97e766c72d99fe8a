/** `layout`: images of a graph's border as [N, C, H, W], and the metadata of a file. */
import { exportOnnx, OptionError } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, expectClose, exportModel } from "./support/compare.js";
import { readModel } from "./support/onnx.js";
import { normal, randomise, sequential, tf, tfl } from "./support/tf.js";
import { convVae } from "./support/vaes.js";

checkAllWithOnnx();

const { layers } = tfl;
const TO_NCHW = [0, 3, 1, 2];

/** Runs the export on images moved to NCHW, and holds what it gives to tf.js moved likewise. */
async function compareNchw(model: tfl.LayersModel) {
  const exported = exportModel(model, { layout: "NCHW" });
  const session = await ort.InferenceSession.create(exported.bytes, { logSeverityLevel: 3 });
  const move = (x: tf.Tensor) => (x.rank === 4 ? tf.transpose(x, TO_NCHW) : x);
  const inputs = model.inputs.map(({ shape }, index) =>
    normal([2, ...shape.slice(1).map(Number)], index),
  );
  const feeds = inputs
    .map(move)
    .map((x, index) => [
      session.inputNames[index] as string,
      new ort.Tensor("float32", x.dataSync() as Float32Array, x.shape),
    ]);
  const results = await session.run(Object.fromEntries(feeds));
  for (const [index, output] of [model.predict(inputs)].flat().entries()) {
    const got = results[session.outputNames[index] as string];
    expect(got?.dims).toEqual(move(output).shape);
    expectClose(got?.data as Float32Array, move(output).dataSync() as Float32Array);
  }
  return exported;
}

describe("layout NCHW", () => {
  test("a convolutional VAE of three channels needs no Transpose at all", async () => {
    const { encoder, decoder } = convVae(12, 3, 5);
    for (const model of [encoder, decoder]) {
      const { graph } = await compareNchw(model);
      expect(graph.nodes.map(({ op }) => op)).not.toContain("Transpose");
    }
    const { graph } = exportOnnx(encoder, { layout: "NCHW" });
    expect(graph.inputs[0]?.shape).toEqual(["N", 3, 12, 12]);
  });

  test("nor do activations that use a value twice, and vectors joined with others", async () => {
    const image = tfl.input({ name: "image", shape: [4, 5, 3] });
    const label = tfl.input({ name: "label", shape: [3] });
    const stack = (x: tfl.SymbolicTensor, more: tfl.layers.Layer[]) =>
      more.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
    const flat = stack(image, [
      layers.conv2d({ filters: 2, kernelSize: 2, activation: "swish" }),
      layers.flatten(),
      layers.activation({ activation: "mish" }),
    ]);
    const joined = layers.concatenate().apply([label, flat, label]) as tfl.SymbolicTensor;
    const y = stack(joined, [
      layers.dense({ units: 24, activation: "swish" }),
      layers.reshape({ targetShape: [4, 3, 2] }),
      layers.activation({ activation: "mish" }),
      layers.conv2d({ filters: 2, kernelSize: 2 }),
    ]);
    const model = randomise(tfl.model({ inputs: [image, label], outputs: y }));
    const { graph } = await compareNchw(model);
    expect(graph.nodes.map(({ op }) => op)).not.toContain("Transpose");
  });

  test("a vector that meets itself again in another place keeps its Transpose", async () => {
    const image = tfl.input({ name: "image", shape: [4, 5, 3] });
    const conv = layers.conv2d({ filters: 2, kernelSize: 2 }).apply(image);
    const flat = layers.flatten().apply(conv) as tfl.SymbolicTensor;
    const gated = layers.activation({ activation: "sigmoid" }).apply(flat) as tfl.SymbolicTensor;
    const joined = layers.concatenate().apply([flat, gated]);
    const y = layers.dense({ units: 2 }).apply(joined) as tfl.SymbolicTensor;
    const { graph } = await compareNchw(randomise(tfl.model({ inputs: image, outputs: y })));
    expect(graph.nodes.map(({ op }) => op)).toContain("Transpose");
  });

  test("layers that look at the last axis, and tensors that are no images", async () => {
    const image = tfl.input({ name: "image", shape: [4, 5, 3] });
    const vector = tfl.input({ name: "vector", shape: [6] });
    const dense = layers.dense({ units: 2, activation: "softmax" }).apply(image);
    const flat = layers.flatten().apply(dense);
    const outputs = [dense, layers.concatenate().apply([flat, vector] as tfl.SymbolicTensor[])];
    await compareNchw(
      randomise(tfl.model({ inputs: [image, vector], outputs: outputs as tfl.SymbolicTensor[] })),
    );
  });

  test("an input that is an output as well", async () => {
    const image = tfl.input({ name: "image", shape: [2, 3, 4] });
    const dropped = layers.dropout({ rate: 0.5 }).apply(image) as tfl.SymbolicTensor;
    await compareNchw(tfl.model({ inputs: image, outputs: dropped }));
  });

  test("is refused for a model that works channels first, and for other words", () => {
    const conv = { name: "conv", filters: 2, kernelSize: 2 };
    const first = sequential([3, 4, 4], [layers.conv2d({ ...conv, dataFormat: "channelsFirst" })]);
    expect(() => exportOnnx(first, { layout: "NCHW" })).toThrow(/layer "conv" works on \[N, C, H/);
    expect(() => exportOnnx(first, { layout: "nchw" as "NCHW" })).toThrow(OptionError);
  });
});

test("metadata: who wrote it, the version of tf.js, and the caller's own", () => {
  const model = sequential([2], [layers.dense({ units: 1 })]);
  const { producerName, metadataProps } = readModel(
    exportOnnx(model, { metadata: { purpose: "test", "a=b": "ü" } }).bytes,
  );
  expect(producerName).toBe("@vaeport/export");
  expect(metadataProps).toEqual([
    { key: "a=b", value: "ü" },
    { key: "purpose", value: "test" },
    { key: "tfjs_layers_version", value: tfl.version_layers },
  ]);
});
