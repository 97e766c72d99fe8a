/** Whole models: the ways in which tf.js puts layers together. */
import { type ExportedModel, exportOnnx, printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { randomise, sequential, tfl } from "./support/tf.js";
import { convVae, denseVae } from "./support/vaes.js";

checkAllWithOnnx();

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const operators = ({ graph }: ExportedModel) => graph.nodes.map(({ op }) => op);

describe("structure", () => {
  test("several inputs and outputs, named by the caller", async () => {
    const inputs = [tfl.input({ shape: [4] }), tfl.input({ shape: [3] })];
    const joined = layers.concatenate().apply(inputs);
    const outputs = [2, 5].map((units) => layers.dense({ units }).apply(joined) as Tensor);
    const model = randomise(tfl.model({ name: "model", inputs, outputs }));
    const names = { inputNames: ["a", "b"], outputNames: ["p", "q"], graphName: "pair" };
    const { graph } = await compare(model, names);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph pair, opset 17
      inputs  a [N, 4], b [N, 3]
      outputs p [N, 2], q [N, 5]
        concatenate_Concatenate1/Concat [N, 7] = Concat(a, b) {axis=1}
        p [N, 2] = Gemm(concatenate_Concatenate1/Concat, dense_Dense1/kernel [7, 2], dense_Dense1/bias [2])
        q [N, 5] = Gemm(concatenate_Concatenate1/Concat, dense_Dense2/kernel [7, 5], dense_Dense2/bias [5])
      "
    `);
  });

  test("names are those of the layers by default, numbered where taken", () => {
    const x = tfl.input({ name: "x", shape: [4] });
    const dense = layers.dense({ name: "twice", units: 4 });
    const once = dense.apply(x) as Tensor;
    const outputs = [once, dense.apply(once) as Tensor];
    const { graph } = exportOnnx(tfl.model({ inputs: x, outputs }));
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["twice", "twice_2"]);
  });

  test("a shared layer is written twice, its weights once", async () => {
    const x = tfl.input({ name: "x", shape: [4] });
    const dense = layers.dense({ name: "shared", units: 4, activation: "tanh" });
    const outputs = dense.apply(dense.apply(x)) as Tensor;
    const { graph } = await compare(randomise(tfl.model({ name: "model", inputs: x, outputs })));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 4]
      outputs shared [N, 4]
        shared/Gemm [N, 4] = Gemm(x, shared/kernel [4, 4], shared/bias [4])
        shared/Tanh [N, 4] = Tanh(shared/Gemm)
        shared/Gemm_2 [N, 4] = Gemm(shared/Tanh, shared/kernel [4, 4], shared/bias [4])
        shared [N, 4] = Tanh(shared/Gemm_2)
      "
    `);
  });

  test("nested models, functional and sequential, one of them shared", async () => {
    const inner = tfl.input({ shape: [6, 6, 2] });
    const conv = { filters: 2, kernelSize: 3, padding: "same" as const, name: "conv" };
    const block = tfl.model({
      name: "block",
      inputs: inner,
      outputs: layers
        .add({ name: "sum" })
        .apply([inner, layers.conv2d(conv).apply(inner) as Tensor]) as Tensor,
    });
    const tail = tfl.sequential({ name: "tail" });
    tail.add(layers.flatten({ name: "flatten", inputShape: [6, 6, 2] }));
    tail.add(layers.dense({ name: "dense", units: 3 }));
    const x = tfl.input({ name: "x", shape: [6, 6, 2] });
    const outputs = tail.apply(block.apply(block.apply(x))) as Tensor;
    const { graph } = await compare(randomise(tfl.model({ name: "model", inputs: x, outputs })));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 6, 6, 2]
      outputs tail [N, 3]
        block/conv/Transpose [N, 2, 6, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        block/conv/Conv [N, 2, 6, 6] = Conv(block/conv/Transpose, block/conv/kernel [2, 2, 3, 3], block/conv/bias [2]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]}
        block/sum/Add [N, 2, 6, 6] = Add(block/conv/Transpose, block/conv/Conv)
        block/conv/Conv_2 [N, 2, 6, 6] = Conv(block/sum/Add, block/conv/kernel [2, 2, 3, 3], block/conv/bias [2]) {kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]}
        block/sum/Add_2 [N, 2, 6, 6] = Add(block/sum/Add, block/conv/Conv_2)
        tail/flatten/Reshape [N, 72] = Reshape(block/sum/Add_2, [0, 72])
        tail [N, 3] = Gemm(tail/flatten/Reshape, tail/dense/kernel [72, 3], tail/dense/bias [3])
      "
    `);
  });

  test("a Sequential that starts with a model", async () => {
    const first = sequential([5], [layers.dense({ units: 4, activation: "relu" })]);
    const model = tfl.sequential();
    model.add(first);
    model.add(layers.dense({ units: 3 }));
    await compare(randomise(model));
  });

  test("an output that is an input, or no layer's own", async () => {
    const x = tfl.input({ name: "x", shape: [4] });
    const dropped = layers.dropout({ rate: 0.5, name: "dropped" }).apply(x) as Tensor;
    const outputs = [dropped, layers.reLU({ name: "relu" }).apply(dropped) as Tensor];
    const exported = await compare(tfl.model({ inputs: x, outputs }));
    expect(operators(exported)).toEqual(["Relu", "Identity"]);
  });

  test("a batch size fixed in tf.js is open in ONNX", async () => {
    const model = tfl.sequential();
    model.add(layers.dense({ units: 3, batchInputShape: [8, 5] }));
    const { graph } = await compare(model);
    expect(graph.inputs[0]?.shape).toEqual(["N", 5]);
  });

  test("frozen layers keep their weights apart", async () => {
    const norm = layers.batchNormalization({ trainable: false });
    await compare(sequential([5], [layers.dense({ units: 4, trainable: false }), norm]));
  });

  test("the same model gives the same bytes", () => {
    const { encoder } = convVae(8, 3, 2);
    expect(exportOnnx(encoder).bytes).toEqual(exportOnnx(encoder).bytes);
  });
});

describe("variational autoencoders", () => {
  test("dense", async () => {
    const { encoder, decoder } = denseVae(28, 33, 5);
    expect(printGraph((await compare(encoder)).graph)).toMatchInlineSnapshot(`
      "graph encoder, opset 17
      inputs  image [N, 28, 28, 1]
      outputs mean [N, 5], log_variance [N, 5]
        flatten/Reshape [N, 784] = Reshape(image, [0, 784])
        hidden/Gemm [N, 33] = Gemm(flatten/Reshape, hidden/kernel [784, 33], hidden/bias [33])
        hidden/Relu [N, 33] = Relu(hidden/Gemm)
        mean [N, 5] = Gemm(hidden/Relu, mean/kernel [33, 5], mean/bias [5])
        log_variance [N, 5] = Gemm(hidden/Relu, log_variance/kernel [33, 5], log_variance/bias [5])
      "
    `);
    expect(printGraph((await compare(decoder)).graph)).toMatchInlineSnapshot(`
      "graph decoder, opset 17
      inputs  hidden_input [N, 5]
      outputs image [N, 28, 28, 1]
        hidden/Gemm [N, 33] = Gemm(hidden_input, hidden/kernel [5, 33], hidden/bias [33])
        hidden/Relu [N, 33] = Relu(hidden/Gemm)
        pixels/Gemm [N, 784] = Gemm(hidden/Relu, pixels/kernel [33, 784], pixels/bias [784])
        image [N, 28, 28, 1] = Reshape(pixels/Gemm, [0, 28, 28, 1])
      "
    `);
  });

  test("convolutional, one channel: no Transpose at all", async () => {
    const { encoder, decoder } = convVae(28, 1, 5);
    expect(printGraph((await compare(encoder)).graph)).toMatchInlineSnapshot(`
      "graph encoder, opset 17
      inputs  image [N, 28, 28, 1]
      outputs mean [N, 5], log_variance [N, 5]
        conv1/Reshape [N, 1, 28, 28] = Reshape(image, [0, 1, 28, 28])
        conv1/Conv [N, 5, 14, 14] = Conv(conv1/Reshape, conv1/kernel [5, 1, 3, 3], conv1/bias [5]) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]}
        relu1/Relu [N, 5, 14, 14] = Relu(conv1/Conv)
        conv2/Conv [N, 7, 7, 7] = Conv(relu1/Relu, conv2/kernel [7, 5, 3, 3]) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]}
        relu2/LeakyRelu [N, 7, 7, 7] = LeakyRelu(conv2/Conv) {alpha=0.3}
        flatten/Reshape [N, 343] = Reshape(relu2/LeakyRelu, [0, 343])
        hidden/Gemm [N, 9] = Gemm(flatten/Reshape, hidden/kernel [343, 9], hidden/bias [9])
        hidden/Relu [N, 9] = Relu(hidden/Gemm)
        mean [N, 5] = Gemm(hidden/Relu, mean/kernel [9, 5], mean/bias [5])
        log_variance [N, 5] = Gemm(hidden/Relu, log_variance/kernel [9, 5], log_variance/bias [5])
      "
    `);
    expect(printGraph((await compare(decoder)).graph)).toMatchInlineSnapshot(`
      "graph decoder, opset 17
      inputs  hidden_input [N, 5]
      outputs deconv2 [N, 28, 28, 1]
        hidden/Gemm [N, 9] = Gemm(hidden_input, hidden/kernel [5, 9], hidden/bias [9])
        hidden/Relu [N, 9] = Relu(hidden/Gemm)
        grid/Gemm [N, 343] = Gemm(hidden/Relu, grid/kernel [9, 343], grid/bias [343])
        reshape/Reshape [N, 7, 7, 7] = Reshape(grid/Gemm, [0, 7, 7, 7])
        relu1/Relu [N, 7, 7, 7] = Relu(reshape/Reshape)
        deconv1/ConvTranspose/uncut [N, 5, 15, 15] = ConvTranspose(relu1/Relu, deconv1/kernel [7, 5, 3, 3], deconv1/bias [5]) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 0, 0]}
        deconv1/ConvTranspose [N, 5, 14, 14] = Slice(deconv1/ConvTranspose/uncut, [0, 0], [14, 14], [2, 3])
        relu2/Relu [N, 5, 14, 14] = Relu(deconv1/ConvTranspose)
        deconv2/ConvTranspose/uncut [N, 1, 29, 29] = ConvTranspose(relu2/Relu, deconv2/kernel [5, 1, 3, 3], deconv2/bias [1]) {kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 0, 0]}
        deconv2/ConvTranspose [N, 1, 28, 28] = Slice(deconv2/ConvTranspose/uncut, [0, 0], [28, 28], [2, 3])
        deconv2 [N, 28, 28, 1] = Reshape(deconv2/ConvTranspose, [0, 28, 28, 1])
      "
    `);
  });

  test("convolutional, three channels: a Transpose at the border only", async () => {
    const { encoder, decoder } = convVae(12, 3, 5);
    const [first, ...encoding] = operators(await compare(encoder));
    expect(first).toBe("Transpose");
    expect(encoding).not.toContain("Transpose");
    const decoding = operators(await compare(decoder));
    expect(decoding.pop()).toBe("Transpose");
    expect(decoding).not.toContain("Transpose");
  });
});
