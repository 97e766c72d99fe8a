/**
 * Architectures that nobody here designed, at full depth and width: the export gives the numbers of
 * tf.js. In the test run images are small and tf.js is plain JavaScript; nightly they are as large as in the papers, and
 * tfjs-node computes them: a forward pass of the U-Net takes plain JavaScript more than 25 minutes.
 */
import type { ExportedModel } from "@vaeport/export";
import {
  bidirectionalLstm,
  convVaeDecoder,
  convVaeEncoder,
  denseNet121,
  mobileNetV2,
  resNet50,
  uNet,
} from "@vaeport/test/architectures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { translateInto } from "../src/export-onnx.js";
import { GraphBuilder } from "../src/ir/builder.js";
import { readLayersModel } from "../src/source/layers-model.js";
import {
  checkAllWithOnnx,
  describeCloseness,
  expectOutputs,
  exportModel,
  openSession,
} from "./support/compare.js";
import { indices, normal, randomise, tf, type tfl } from "./support/tf.js";

checkAllWithOnnx();

const NIGHTLY = Boolean(process.env.VAEPORT_NIGHTLY);
const TIMEOUT = NIGHTLY ? 600_000 : 120_000;

beforeAll(async () => {
  if (!NIGHTLY) return;
  const { loadTensorFlow } = await import("@vaeport/test/tensorflow");
  await loadTensorFlow();
  expect(tf.getBackend()).toBe("tensorflow"); // one tf.js holds both backends
});

interface Architecture {
  make: (size: number) => tfl.LayersModel;
  /** Rows and columns, or steps: in the test run, and nightly. */
  sizes: readonly [number, number];
  /** Nodes as the layers are translated, and after the passes. */
  nodes: readonly [number, number];
  parameters: number;
  /** Below which whole numbers an input of indices stays. */
  below?: number;
}

const ARCHITECTURES: Record<string, Architecture> = {
  MobileNetV2: { make: mobileNetV2, sizes: [64, 224], nodes: [153, 101], parameters: 3_538_984 },
  "ResNet-50": { make: resNet50, sizes: [64, 224], nodes: [178, 124], parameters: 25_636_712 },
  "DenseNet-121": { make: denseNet121, sizes: [64, 224], nodes: [428, 369], parameters: 8_062_504 },
  "U-Net": { make: uNet, sizes: [16, 256], nodes: [70, 52], parameters: 31_054_210 },
  "bidirectional LSTM": {
    make: bidirectionalLstm,
    sizes: [12, 60],
    nodes: [26, 16],
    parameters: 4_946_477,
    below: 20000,
  },
  "VAE of 64x64 colour, encoder": {
    make: convVaeEncoder,
    sizes: [64, 64],
    nodes: [20, 14],
    parameters: 2_097_088,
  },
  "VAE of 64x64 colour, decoder": {
    make: convVaeDecoder,
    sizes: [64, 64],
    nodes: [21, 20], // a Slice behind each of five transposed convolutions, for CUDA
    parameters: 1_843_555,
  },
};

describe.each(Object.entries(ARCHITECTURES))("%s", (_, architecture) => {
  const { make, sizes, nodes, parameters, below } = architecture;
  let model: tfl.LayersModel;
  let exported: ExportedModel;

  /** A batch of what the model takes. */
  const input = (items: number, seed: number) => {
    const shape = [items, ...model.inputs.flatMap(({ shape }) => shape.slice(1).map(Number))];
    return below === undefined ? normal(shape, seed) : indices(shape, seed, below, "int32");
  };

  beforeAll(() => {
    model = randomise(make(sizes[NIGHTLY ? 1 : 0]));
    calibrate(model, input(2, 2));
    exported = exportModel(model);
  }, TIMEOUT);
  afterAll(() => model.dispose());

  test("has the parameters of the paper, and no more nodes than it needs", () => {
    expect(model.countParams()).toBe(parameters);
    expect([translatedNodes(model), exported.graph.nodes.length]).toEqual(nodes);
  });

  test("gives the numbers of tf.js", { timeout: TIMEOUT }, async ({ task }) => {
    const x = input(2, 3);
    const expected = [model.predict(x)].flat();
    for (const output of expected) expectToVary(output);
    const session = await openSession(exported.bytes);
    const closeness = await expectOutputs(session, [x], expected);
    task.meta.measured = closeness.map(describeCloseness).join("; ");
    await session.release();
    tf.dispose([x, expected]);
  });
});

/** Lets every batch normalisation keep the statistics of what this batch gives it. */
function calibrate(model: tfl.LayersModel, batch: tf.Tensor): void {
  const norms = model.layers.filter((layer) => layer.getClassName() === "BatchNormalization");
  if (norms.length === 0) return;
  for (const norm of norms) Object.assign(norm, { momentum: 0 });
  tf.tidy(() => void model.apply(batch, { training: true }));
}

/** Nodes before any pass. */
function translatedNodes(model: tfl.LayersModel): number {
  const source = readLayersModel(model);
  const g = new GraphBuilder(source.name);
  for (const [index, output] of translateInto(g, source, source.inputNames).entries()) {
    g.output(`output${index}`, output);
  }
  return g.build().nodes.length;
}

/** Two items of a batch differ: no net of random weights that forgets its input proves anything. */
function expectToVary(output: tf.Tensor): void {
  const [first, second] = tf.split(output, 2) as [tf.Tensor, tf.Tensor];
  const difference = tf.max(tf.abs(tf.sub(first, second))).dataSync()[0] as number;
  expect(difference).toBeGreaterThan(0.01 * (tf.max(tf.abs(output)).dataSync()[0] as number));
}
