import { printGraph } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { sequential, tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

/** The activations that tfjs-layers itself has registered: the classes beside that of `linear`. */
function builtInActivations(): string[] {
  const layer = tfl.layers.activation({ activation: "linear" }) as unknown as {
    activation: object;
  };
  const base = Object.getPrototypeOf(layer.activation.constructor);
  const registered = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap);
  const own = registered.filter(([, [type]]) => Object.getPrototypeOf(type) === base);
  return own.map(([name]) => name).sort();
}

type Name = Parameters<typeof tfl.layers.activation>[0]["activation"];

describe("activations", () => {
  test("are those of tfjs-layers 4.22", () => {
    expect(builtInActivations()).toMatchInlineSnapshot(`
      [
        "elu",
        "gelu",
        "gelu_new",
        "hardSigmoid",
        "linear",
        "logSoftmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
      ]
    `);
  });

  // Spread 4 reaches the flat ends of the saturating ones.
  test.each(builtInActivations())("%s in a layer of its own, Dense and Conv2D", async (name) => {
    const activation = name as Name;
    await compare(sequential([9], [tfl.layers.activation({ activation })]), { spread: 4 });
    await compare(sequential([9], [tfl.layers.dense({ units: 7, activation })]), { spread: 4 });
    const conv = tfl.layers.conv2d({ filters: 3, kernelSize: 2, activation });
    await compare(sequential([5, 4, 2], [conv]), { spread: 4 });
  });

  test.each(builtInActivations())("%s stays finite far out", async (name) => {
    const layer = tfl.layers.activation({ activation: name as Name });
    await compare(sequential([64], [layer]), { spread: 60 });
  });

  test("print", async () => {
    const layers = ["selu", "softsign", "gelu", "logSoftmax", "hardSigmoid", "relu6"].map((name) =>
      tfl.layers.activation({ name, activation: name as Name }),
    );
    const { graph } = await compare(sequential([3], layers));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 3]
      outputs relu6 [N, 3]
        selu/Elu [N, 3] = Elu(x) {alpha=1.67326}
        selu/Mul [N, 3] = Mul(selu/Elu, 1.0507)
        softsign/Abs [N, 3] = Abs(selu/Mul)
        softsign/Add [N, 3] = Add(softsign/Abs, 1)
        softsign/Div [N, 3] = Div(selu/Mul, softsign/Add)
        gelu/Mul [N, 3] = Mul(softsign/Div, 0.707107)
        gelu/Erf [N, 3] = Erf(gelu/Mul)
        gelu/Add [N, 3] = Add(gelu/Erf, 1)
        gelu/Mul_2 [N, 3] = Mul(gelu/Add, 0.5)
        gelu/Mul_3 [N, 3] = Mul(softsign/Div, gelu/Mul_2)
        logSoftmax/ReduceLogSumExp [N, 1] = ReduceLogSumExp(gelu/Mul_3) {axes=[1], keepdims=1}
        logSoftmax/Sub [N, 3] = Sub(gelu/Mul_3, logSoftmax/ReduceLogSumExp)
        hardSigmoid/HardSigmoid [N, 3] = HardSigmoid(logSoftmax/Sub) {alpha=0.2, beta=0.5}
        relu6 [N, 3] = Clip(hardSigmoid/HardSigmoid, 0, 6)
      "
    `);
  });
});

describe("activation layers", () => {
  const { layers } = tfl;
  test.each([
    ["ReLU", () => layers.reLU({})],
    ["ReLU to 1.5", () => layers.reLU({ maxValue: 1.5 })],
    ["LeakyReLU", () => layers.leakyReLU({})],
    ["LeakyReLU 0.1", () => layers.leakyReLU({ alpha: 0.1 })],
    ["ELU", () => layers.elu({})],
    ["ThresholdedReLU", () => layers.thresholdedReLU({ theta: 0.4 })],
    ["PReLU", () => layers.prelu({})],
    ["PReLU shared", () => layers.prelu({ sharedAxes: [1, 2] })],
    ["Softmax last", () => layers.softmax({ axis: -1 })],
    ["Softmax 3", () => layers.softmax({ axis: 3 })],
    ["Softmax over two", () => layers.softmax({ axis: [1, 3] })],
  ])("%s on an image and behind a convolution", async (_, make) => {
    await compare(sequential([4, 5, 3], [make()]));
    const conv = layers.conv2d({ filters: 3, kernelSize: 2 });
    await compare(sequential([5, 6, 2], [conv, make()]));
  });

  test("print", async () => {
    const { graph } = await compare(
      sequential(
        [5, 6, 2],
        [
          layers.conv2d({ name: "conv", filters: 3, kernelSize: 2 }),
          layers.prelu({ name: "prelu", sharedAxes: [2] }),
          layers.softmax({ name: "softmax", axis: -1 }),
        ],
      ),
    );
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph model, opset 17
      inputs  x [N, 5, 6, 2]
      outputs softmax [N, 4, 5, 3]
        conv/Transpose [N, 2, 5, 6] = Transpose(x) {perm=[0, 3, 1, 2]}
        conv/Conv [N, 3, 4, 5] = Conv(conv/Transpose, conv/kernel [3, 2, 2, 2], conv/bias [3]) {kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0]}
        prelu/PRelu [N, 3, 4, 5] = PRelu(conv/Conv, prelu/alpha [3, 4, 1])
        softmax/Softmax [N, 3, 4, 5] = Softmax(prelu/PRelu) {axis=1}
        softmax [N, 4, 5, 3] = Transpose(softmax/Softmax) {perm=[0, 2, 3, 1]}
      "
    `);
  });
});
