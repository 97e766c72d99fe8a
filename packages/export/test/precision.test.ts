/** float16 and int8: the arithmetic against numpy, the graphs on ONNX Runtime, what is refused. */
import {
  type ExportedModel,
  exportOnnx,
  OptionError,
  type Precision,
  printGraph,
} from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { fromHalf, toHalf } from "../src/ir/half.js";
import { checkAllWithOnnx, exportModel } from "./support/compare.js";
import { runPython } from "./support/python.js";
import { normal, randomise, sequential, tf, tfl } from "./support/tf.js";
import { convVae } from "./support/vaes.js";

checkAllWithOnnx();

const { layers } = tfl;

test("all halves, and numbers between and beside them, are those of numpy", async () => {
  const bits = Array.from({ length: 0x7c00 }, (_, index) => index);
  const halves = bits.map(fromHalf);
  const between = halves.map((half, index) => (half + (halves[index + 1] ?? 65536)) / 2);
  const near = between.flatMap((x) => [x, x * (1 - 2 ** -20), x * (1 + 2 ** -20)]);
  const special = [65519.99, 65520, 1e9, 3e38, 1e-9, 2.9e-8, Infinity, NaN, -0];
  const numbers = Float32Array.from([...halves, ...near, ...special, ...near.map((x) => -x)]);
  const script = `
import sys, numpy
data = numpy.frombuffer(bytes.fromhex(sys.stdin.read()), numpy.float32)
with numpy.errstate(over="ignore"): sys.stdout.write(data.astype(numpy.float16).tobytes().hex())`;
  const hex = await runPython(script, [], Buffer.from(numbers.buffer).toString("hex"));
  const expected = new Uint16Array(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
  expect(toHalf(numbers)).toEqual(expected);
  expect(toHalf(Float32Array.from(bits, fromHalf))).toEqual(Uint16Array.from(bits));
});

/** Runs a graph of one input on it, whatever type its border has. */
async function run({ bytes }: ExportedModel, input: tf.Tensor): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const [name = ""] = session.inputNames;
  const half = session.inputMetadata.some((entry) => "type" in entry && entry.type === "float16");
  const data = input.dataSync() as Float32Array;
  const feed = half
    ? new ort.Tensor("float16", toHalf(data), input.shape)
    : new ort.Tensor("float32", data, input.shape);
  const results = await session.run({ [name]: feed });
  return session.outputNames.map((output) => {
    const { data } = results[output] as ort.Tensor;
    const numbers = data instanceof Uint16Array ? Array.from(data, fromHalf) : data;
    return Float32Array.from(numbers as Float32Array);
  });
}

/** Largest error as a share of the largest value, over all outputs. */
async function share(model: tfl.LayersModel, options: { precision: Precision }, below?: number) {
  const shape = [3, ...model.inputs[0]!.shape.slice(1).map(Number)];
  const x = normal(shape, 7);
  const input = below === undefined ? x : tf.floor(tf.mul(tf.sigmoid(x), below));
  const got = await run(exportModel(model, options), input);
  const expected = [model.predict(input)].flat().map((tensor) => tensor.dataSync() as Float32Array);
  return Math.max(
    ...expected.map((values, output) => {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const errors = values.map((value, i) => Math.abs(value - (got[output]?.[i] ?? Number.NaN)));
      return errors.reduce((most, error) => Math.max(most, error), 0) / largest;
    }),
  );
}

const start = { recurrentInitializer: "zeros", unitForgetBias: false } as const;
const NETS: [string, () => tfl.LayersModel, number?][] = [
  ["an encoder", () => convVae(28, 3, 12).encoder],
  ["a decoder", () => convVae(28, 3, 12).decoder],
  [
    "convolutions, pooling and resampling",
    () =>
      sequential(
        [9, 9, 3],
        [
          layers.conv2d({ filters: 16, kernelSize: 3, activation: "elu" }),
          layers.depthwiseConv2d({ kernelSize: 3, activation: "hardSigmoid" }),
          layers.upSampling2d({ interpolation: "bilinear" }),
          layers.zeroPadding2d({}),
          layers.averagePooling2d({}),
          layers.layerNormalization({}),
          layers.conv2dTranspose({ filters: 8, kernelSize: 3, activation: "gelu" }),
        ],
      ),
  ],
  [
    "recurrent layers",
    () =>
      sequential(
        [5, 12],
        [
          layers.lstm({ units: 24, returnSequences: true, ...start }),
          layers.gru({ units: 16, returnSequences: true, ...start }),
          layers.simpleRNN({ units: 16, ...start }),
          layers.dense({ units: 20, activation: "softmax" }),
        ],
      ),
  ],
  [
    "an embedding of more rows than float16 counts",
    () =>
      sequential(
        [6],
        [
          layers.embedding({ inputDim: 5000, outputDim: 8 }),
          layers.timeDistributed({ layer: layers.dense({ units: 40 }) }),
        ],
      ),
    4900,
  ],
];

describe.each(NETS)("%s", (_, make, below) => {
  test.each<[Precision, number]>([
    ["float16", 5e-3],
    ["int8", 5e-2],
  ])("%s, on the CPU, within the rounding of its weights", async (precision, most) => {
    const model = make();
    const float32 = exportOnnx(model).bytes.length;
    const error = await share(model, { precision }, below);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(most);
    expect(exportOnnx(model, { precision }).bytes.length).toBeLessThan(0.75 * float32);
  });
});

test("float16 inside, float32 at the border", () => {
  const model = sequential([4], [layers.dense({ name: "dense", units: 3, activation: "relu" })]);
  expect(printGraph(exportOnnx(model, { precision: "float16" }).graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 4]
    outputs dense [N, 3]
      x/float16 float16 [N, 4] = Cast(x) {to=10}
      dense/Gemm float16 [N, 3] = Gemm(x/float16, dense/kernel float16 [4, 3], dense/bias float16 [3])
      dense/float16 float16 [N, 3] = Relu(dense/Gemm)
      dense [N, 3] = Cast(dense/float16) {to=1}
    "
  `);
});

test("float16 at the border where it is asked for", async () => {
  const model = sequential([4, 4, 2], [layers.conv2d({ filters: 3, kernelSize: 2 })]);
  const exported = exportModel(model, { precision: "float16", borderPrecision: "float16" });
  const { graph } = exported;
  expect([...graph.inputs, ...graph.outputs].map(({ dtype }) => dtype)).toEqual([
    "float16",
    "float16",
  ]);
  expect(graph.nodes.map(({ op }) => op)).not.toContain("Cast");
  const x = normal([2, 4, 4, 2], 3);
  const [got] = await run(exported, x);
  const expected = (model.predict(x) as tf.Tensor).dataSync();
  expect(Math.max(...expected.map((value, i) => Math.abs(value - got![i]!)))).toBeLessThan(1e-2);
});

test("an index stays float32 at a float16 border", () => {
  const model = sequential([2], [layers.embedding({ inputDim: 9, outputDim: 2 })]);
  const { graph } = exportModel(model, { precision: "float16", borderPrecision: "float16" });
  expect([...graph.inputs, ...graph.outputs].map(({ dtype }) => dtype)).toEqual([
    "float32",
    "float16",
  ]);
});

test("int8: a scale per output channel, shared weights once, small ones untouched", () => {
  const x = tfl.input({ name: "x", shape: [16] });
  const shared = layers.dense({ name: "shared", units: 16 });
  const twice = shared.apply(shared.apply(x)) as tfl.SymbolicTensor;
  const outputs = layers.dense({ name: "small", units: 2 }).apply(twice) as tfl.SymbolicTensor;
  const model = randomise(tfl.model({ name: "model", inputs: x, outputs }));
  const { graph } = exportModel(model, { precision: "int8" });
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "graph model, opset 17
    inputs  x [N, 16]
    outputs small [N, 2]
      shared/kernel/float32 [16, 16] = DequantizeLinear(shared/kernel int8 [16, 16], shared/kernel/scale [16], shared/kernel/zero_point int8 [16]) {axis=1}
      shared/Gemm [N, 16] = Gemm(x, shared/kernel/float32, shared/bias [16])
      shared/Gemm_2 [N, 16] = Gemm(shared/Gemm, shared/kernel/float32, shared/bias [16])
      small [N, 2] = Gemm(shared/Gemm_2, small/kernel [16, 2], small/bias [2])
    "
  `);
});

test("int8: no weight is off by more than half a step of its channel", async () => {
  const model = sequential([20], [layers.dense({ units: 30, useBias: false })]);
  const kernel = model.getWeights()[0]!.arraySync() as number[][];
  const got = await run(exportModel(model, { precision: "int8" }), tf.eye(20));
  const errors = kernel.flat().map((value, i) => Math.abs(value - got[0]![i]!));
  const steps = kernel[0]!.map(
    (_, unit) => Math.max(...kernel.map((row) => Math.abs(row[unit]!))) / 127,
  );
  for (const [i, error] of errors.entries()) expect(error).toBeLessThan(0.5001 * steps[i % 30]!);
});

test("what cannot be is refused", () => {
  const model = sequential([20], [layers.dense({ name: "big", units: 20 })]);
  const [kernel, bias] = model.getWeights() as [tf.Tensor, tf.Tensor];
  model.setWeights([tf.mul(kernel, 1e6), bias]);
  const attempt = (options: object) => () => exportOnnx(model, options);
  expect(attempt({ precision: "float16" })).toThrow(/"big\/kernel" holds -?\d+.*, beyond 65504/);
  expect(attempt({ precision: "int4" })).toThrow(OptionError);
  expect(attempt({ precision: "int8", borderPrecision: "float16" })).toThrow(
    /got float16 with int8/,
  );
  model.setWeights([tf.fill(kernel.shape, Number.POSITIVE_INFINITY), bias]);
  expect(attempt({ precision: "int8" })).toThrow(/"big\/kernel" holds numbers that are not finite/);
});
