/** Recurrent layers: parameter tables against tf.js, and the graphs they become. */
import { printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { makers, over, recurrentLayer } from "./features/recurrent.js";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { randomise, sequential, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const { layers } = tfl;
const names = ["SimpleRNN", "GRU", "LSTM"] as const;
const ACTIVATIONS = "elu hardSigmoid linear relu sigmoid softsign tanh".split(" ");

/** Sequences [N, steps, size] through one layer. */
async function run(layer: tfl.layers.Layer, steps: number, size: number) {
  return compare(sequential([steps, size], [layer]));
}

describe.each(names)("%s", (name) => {
  const make = (config: Record<string, unknown>) =>
    makers[name]({ recurrentInitializer: "zeros", unitForgetBias: false, ...config });

  test.each([
    { units: 1, steps: 1, size: 1 },
    { units: 1, steps: 4, size: 3 },
    { units: 5, steps: 1, size: 2 },
    { units: 17, steps: 9, size: 6 },
  ])("$units units, $steps steps of $size", async ({ units, steps, size }) => {
    await run(make({ units }), steps, size);
    await run(make({ units, returnSequences: true, goBackwards: true }), steps, size);
  });

  test.each(ACTIVATIONS)("activation %s", async (activation) => {
    await run(make({ units: 3, activation, recurrentActivation: "sigmoid" }), 4, 2);
    await run(make({ units: 3, activation: "tanh", recurrentActivation: activation }), 4, 2);
  });

  test.each([
    {},
    { returnSequences: true, goBackwards: true },
    { activation: "softplus", recurrentActivation: "swish" },
  ])("step by step, %j", async (config) => {
    const model = sequential([4, 2], [make({ units: 3, ...config })]);
    const { graph } = await compare(model, { unrollRecurrent: true });
    expect(graph.nodes.map(({ op }) => op)).not.toContain(name === "SimpleRNN" ? "RNN" : name);
  });

  test("prints", async () => {
    const layer = recurrentLayer(name, { name: "layer", returnSequences: true, goBackwards: true });
    const { graph } = await compare(over(layer));
    expect(printGraph(graph)).toMatchSnapshot();
  });
});

test("step by step prints", async () => {
  const layer = layers.gru({ name: "gru", units: 2, recurrentInitializer: "zeros" });
  const { graph } = await compare(sequential([2, 3], [layer]), { unrollRecurrent: true });
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 2, 3]
    outputs gru [N, 2]
      gru/Transpose [2, N, 3] = Transpose(x) {perm=[1, 0, 2]}
      gru/MatMul [2, N, 6] = MatMul(gru/Transpose, gru/kernel [3, 6])
      gru/Add [2, N, 6] = Add(gru/MatMul, gru/bias [6])
      gru/Slice [1, N, 6] = Slice(gru/Add, [0], [1], [0])
      gru/Squeeze [N, 6] = Squeeze(gru/Slice, [0])
      gru/Slice_2 [N, 4] = Slice(gru/Squeeze, [0], [4], [1])
      gru/HardSigmoid [N, 4] = HardSigmoid(gru/Slice_2) {alpha=0.2, beta=0.5}
      gru/Slice_3 [N, 2] = Slice(gru/HardSigmoid, [0], [2], [1])
      gru/Slice_4 [N, 2] = Slice(gru/Squeeze, [4], [6], [1])
      gru/Sub [N, 2] = Sub(1, gru/Slice_3)
      gru/Tanh [N, 2] = Tanh(gru/Slice_4)
      gru/Mul [N, 2] = Mul(gru/Sub, gru/Tanh)
      gru/Slice_5 [1, N, 6] = Slice(gru/Add, [1], [2], [0])
      gru/Squeeze_2 [N, 6] = Squeeze(gru/Slice_5, [0])
      gru/Slice_6 [N, 4] = Slice(gru/Squeeze_2, [0], [4], [1])
      gru/Gemm [N, 4] = Gemm(gru/Mul, gru/recurrent_kernel [2, 4])
      gru/Add_2 [N, 4] = Add(gru/Slice_6, gru/Gemm)
      gru/HardSigmoid_2 [N, 4] = HardSigmoid(gru/Add_2) {alpha=0.2, beta=0.5}
      gru/Slice_7 [N, 2] = Slice(gru/HardSigmoid_2, [0], [2], [1])
      gru/Slice_8 [N, 2] = Slice(gru/Squeeze_2, [4], [6], [1])
      gru/Sub_2 [N, 2] = Sub(1, gru/Slice_7)
      gru/Slice_9 [N, 2] = Slice(gru/HardSigmoid_2, [2], [4], [1])
      gru/Mul_2 [N, 2] = Mul(gru/Slice_9, gru/Mul)
      gru/Gemm_2 [N, 2] = Gemm(gru/Mul_2, gru/recurrent_kernel_2 [2, 2])
      gru/Add_3 [N, 2] = Add(gru/Slice_8, gru/Gemm_2)
      gru/Tanh_2 [N, 2] = Tanh(gru/Add_3)
      gru/Mul_3 [N, 2] = Mul(gru/Sub_2, gru/Tanh_2)
      gru/Mul_4 [N, 2] = Mul(gru/Slice_7, gru/Mul)
      gru [N, 2] = Add(gru/Mul_4, gru/Mul_3)
    "
  `);
});

test("stacked: sequences stay as they are between layers of one kind or another", async () => {
  const cells = [
    layers.lstmCell({ units: 4, recurrentInitializer: "zeros", unitForgetBias: false }),
    layers.gruCell({ units: 3, recurrentInitializer: "zeros" }),
  ];
  const model = over(layers.rnn({ name: "stack", cell: cells, returnState: true }));
  expect(
    model.getWeights().every((weight) => Number(tf.max(tf.abs(weight)).dataSync()[0]) > 0),
  ).toBe(true);
  const { graph } = await compare(model);
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 5, 4]
    outputs stack [N, 3], stack_2 [N, 3], stack_3 [N, 4], stack_4 [N, 4]
      stack/Transpose [5, N, 4] = Transpose(x) {perm=[1, 0, 2]}
      stack/LSTM [5, 1, N, 4], stack/LSTM_2 [1, N, 4], stack/LSTM_3 [1, N, 4] = LSTM(stack/Transpose, stack/kernel [1, 16, 4], stack/recurrent_kernel [1, 16, 4], stack/bias [1, 32]) {hidden_size=4, direction=forward, activations=[HardSigmoid, Tanh, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      stack/Squeeze [5, N, 4] = Squeeze(stack/LSTM, [1])
      stack_3 [N, 4] = Squeeze(stack/LSTM_2, [0])
      stack_4 [N, 4] = Squeeze(stack/LSTM_3, [0])
      stack/GRU [5, 1, N, 3], stack/GRU_2 [1, N, 3] = GRU(stack/Squeeze, stack/kernel_2 [1, 9, 4], stack/recurrent_kernel_2 [1, 9, 3], stack/bias_2 [1, 18]) {hidden_size=3, direction=forward, activations=[HardSigmoid, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      stack [N, 3] = Squeeze(stack/GRU_2, [0])
      stack_2 [N, 3] = Identity(stack)
    "
  `);
});

test("an encoder's states start a decoder", async () => {
  const source = tfl.input({ name: "source", shape: [5, 3] });
  const target = tfl.input({ name: "target", shape: [4, 2] });
  const encoder = recurrentLayer("LSTM", { returnState: true });
  const [, ...states] = encoder.apply(source) as tfl.SymbolicTensor[];
  const decoder = recurrentLayer("LSTM", { returnSequences: true });
  const y = layers.dense({ units: 2 }).apply(decoder.apply([target, ...states]));
  await compare(
    randomise(
      tfl.model({ name: "model", inputs: [source, target], outputs: y as tfl.SymbolicTensor }),
    ),
  );
});

test("bidirectional layers one on the other", async () => {
  const both = (name: string, returnSequences: boolean) =>
    layers.bidirectional({
      name,
      layer: recurrentLayer("LSTM", { returnSequences }) as tfl.RNN,
      mergeMode: "concat",
    });
  const { graph } = await compare(sequential([6, 3], [both("first", true), both("second", false)]));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 6, 3]
    outputs second [N, 6]
      first/Transpose [6, N, 3] = Transpose(x) {perm=[1, 0, 2]}
      first/forward/LSTM [6, 1, N, 3] = LSTM(first/Transpose, first/forward/kernel [1, 12, 3], first/forward/recurrent_kernel [1, 12, 3], first/forward/bias [1, 24]) {hidden_size=3, direction=forward, activations=[HardSigmoid, Tanh, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      first/forward/Squeeze [6, N, 3] = Squeeze(first/forward/LSTM, [1])
      first/backward/LSTM [6, 1, N, 3] = LSTM(first/Transpose, first/backward/kernel [1, 12, 3], first/backward/recurrent_kernel [1, 12, 3], first/backward/bias [1, 24]) {hidden_size=3, direction=reverse, activations=[HardSigmoid, Tanh, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      first/backward/Squeeze [6, N, 3] = Squeeze(first/backward/LSTM, [1])
      first/Concat [6, N, 6] = Concat(first/forward/Squeeze, first/backward/Squeeze) {axis=2}
      second/forward/LSTM [6, 1, N, 3], second/forward/LSTM_2 [1, N, 3] = LSTM(first/Concat, second/forward/kernel [1, 12, 6], second/forward/recurrent_kernel [1, 12, 3], second/forward/bias [1, 24]) {hidden_size=3, direction=forward, activations=[HardSigmoid, Tanh, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      second/forward/Squeeze_2 [N, 3] = Squeeze(second/forward/LSTM_2, [0])
      second/backward/LSTM [6, 1, N, 3], second/backward/LSTM_2 [1, N, 3] = LSTM(first/Concat, second/backward/kernel [1, 12, 6], second/backward/recurrent_kernel [1, 12, 3], second/backward/bias [1, 24]) {hidden_size=3, direction=reverse, activations=[HardSigmoid, Tanh, Tanh], activation_alpha=[0.2], activation_beta=[0.5]}
      second/backward/Squeeze_2 [N, 3] = Squeeze(second/backward/LSTM_2, [0])
      second [N, 6] = Concat(second/forward/Squeeze_2, second/backward/Squeeze_2) {axis=1}
    "
  `);
});

test("a layer distributed over time, whose Reshapes are not taken for one another", async () => {
  const inner = tfl.sequential({
    layers: [
      layers.conv2d({ name: "conv", filters: 2, kernelSize: 2, inputShape: [4, 5, 2] }),
      layers.flatten({ name: "flatten" }),
      layers.dense({ name: "dense", units: 3 }),
    ],
  });
  const net = [
    layers.timeDistributed({ name: "time", layer: inner }),
    layers.flatten({ name: "all" }),
    layers.dense({ name: "out", units: 2 }),
  ];
  const { graph } = await compare(sequential([3, 4, 5, 2], net));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 3, 4, 5, 2]
    outputs out [N, 2]
      time/Reshape [N*3, 4, 5, 2] = Reshape(x, [-1, 4, 5, 2])
      time/sequential_2/conv/Transpose [N*3, 2, 4, 5] = Transpose(time/Reshape) {perm=[0, 3, 1, 2]}
      time/sequential_2/conv/Conv [N*3, 2, 3, 4] = Conv(time/sequential_2/conv/Transpose, time/sequential_2/conv/kernel [2, 2, 2, 2], time/sequential_2/conv/bias [2]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
      time/sequential_2/flatten/Reshape [N*3, 24] = Reshape(time/sequential_2/conv/Conv, [0, 24])
      time/sequential_2/dense/Gemm [N*3, 3] = Gemm(time/sequential_2/flatten/Reshape, time/sequential_2/dense/kernel [24, 3], time/sequential_2/dense/bias [3])
      all/Reshape [N, 9] = Reshape(time/sequential_2/dense/Gemm, [-1, 9])
      out [N, 2] = Gemm(all/Reshape, out/kernel [9, 2], out/bias [2])
    "
  `);
});

test.each<[string, readonly number[], () => tfl.layers.Layer[]]>([
  [
    "images to vectors",
    [4, 5, 2],
    () => [
      layers.conv2d({ filters: 3, kernelSize: 2 }),
      layers.timeDistributed({
        layer: tfl.sequential({
          layers: [layers.flatten({ inputShape: [4, 3] }), layers.dense({ units: 2 })],
        }),
      }),
    ],
  ],
  [
    "vectors to sequences",
    [4, 5],
    () => [
      layers.timeDistributed({
        layer: tfl.sequential({ layers: [layers.dense({ units: 3, inputShape: [5] })] }),
      }),
      layers.conv1d({ filters: 2, kernelSize: 2 }),
    ],
  ],
])("no order of axes is folded into a Gemm over single steps: %s", async (_, shape, net) => {
  const { graph } = await compare(sequential(shape, net()));
  expect(graph.nodes.filter(({ op }) => op === "Gemm")).toHaveLength(1);
});

test("ConvLSTM2D prints its steps", async () => {
  const layer = layers.convLstm2d({
    name: "video",
    filters: 2,
    kernelSize: 2,
    recurrentInitializer: "zeros",
    unitForgetBias: false,
  });
  const { graph } = await compare(sequential([2, 3, 4, 1], [layer]));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 2, 3, 4, 1]
    outputs video [N, 2, 3, 2]
      video/Transpose [N, 2, 1, 3, 4] = Transpose(x) {perm=[0, 1, 4, 2, 3]}
      video/Reshape [N*2, 1, 3, 4] = Reshape(video/Transpose, [-1, 1, 3, 4])
      video/Conv [N*2, 8, 2, 3] = Conv(video/Reshape, video/kernel [8, 1, 2, 2], video/bias [8]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
      video/Reshape_2 [N, 2, 8, 2, 3] = Reshape(video/Conv, [-1, 2, 8, 2, 3])
      video/Slice [N, 1, 8, 2, 3] = Slice(video/Reshape_2, [0], [1], [1])
      video/Squeeze [N, 8, 2, 3] = Squeeze(video/Slice, [1])
      video/Slice_2 [N, 2, 2, 3] = Slice(video/Squeeze, [0], [2], [1])
      video/HardSigmoid [N, 2, 2, 3] = HardSigmoid(video/Slice_2) {alpha=0.2, beta=0.5}
      video/Slice_3 [N, 2, 2, 3] = Slice(video/Squeeze, [4], [6], [1])
      video/Tanh [N, 2, 2, 3] = Tanh(video/Slice_3)
      video/Mul [N, 2, 2, 3] = Mul(video/HardSigmoid, video/Tanh)
      video/Slice_4 [N, 2, 2, 3] = Slice(video/Squeeze, [6], [8], [1])
      video/HardSigmoid_2 [N, 2, 2, 3] = HardSigmoid(video/Slice_4) {alpha=0.2, beta=0.5}
      video/Tanh_2 [N, 2, 2, 3] = Tanh(video/Mul)
      video/Mul_2 [N, 2, 2, 3] = Mul(video/HardSigmoid_2, video/Tanh_2)
      video/Slice_5 [N, 1, 8, 2, 3] = Slice(video/Reshape_2, [1], [2], [1])
      video/Squeeze_2 [N, 8, 2, 3] = Squeeze(video/Slice_5, [1])
      video/Conv_2 [N, 8, 2, 3] = Conv(video/Mul_2, video/recurrent_kernel [8, 2, 2, 2]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 1, 1]}
      video/Add [N, 8, 2, 3] = Add(video/Squeeze_2, video/Conv_2)
      video/Slice_6 [N, 2, 2, 3] = Slice(video/Add, [0], [2], [1])
      video/HardSigmoid_3 [N, 2, 2, 3] = HardSigmoid(video/Slice_6) {alpha=0.2, beta=0.5}
      video/Slice_7 [N, 2, 2, 3] = Slice(video/Add, [4], [6], [1])
      video/Tanh_3 [N, 2, 2, 3] = Tanh(video/Slice_7)
      video/Mul_3 [N, 2, 2, 3] = Mul(video/HardSigmoid_3, video/Tanh_3)
      video/Slice_8 [N, 2, 2, 3] = Slice(video/Add, [2], [4], [1])
      video/HardSigmoid_4 [N, 2, 2, 3] = HardSigmoid(video/Slice_8) {alpha=0.2, beta=0.5}
      video/Mul_4 [N, 2, 2, 3] = Mul(video/HardSigmoid_4, video/Mul)
      video/Add_2 [N, 2, 2, 3] = Add(video/Mul_4, video/Mul_3)
      video/Slice_9 [N, 2, 2, 3] = Slice(video/Add, [6], [8], [1])
      video/HardSigmoid_5 [N, 2, 2, 3] = HardSigmoid(video/Slice_9) {alpha=0.2, beta=0.5}
      video/Tanh_4 [N, 2, 2, 3] = Tanh(video/Add_2)
      video/Mul_5 [N, 2, 2, 3] = Mul(video/HardSigmoid_5, video/Tanh_4)
      video [N, 2, 3, 2] = Transpose(video/Mul_5) {perm=[0, 2, 3, 1]}
    "
  `);
});
