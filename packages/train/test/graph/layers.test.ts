/** Layers models: the first step's loss, gradients and updated averages equal those of eager tf.js. */
import type { LayersModel, layers, Tensor, Variable } from "@tensorflow/tfjs-node";
import { dropoutLayer, gaussianNoiseLayer, Program } from "@vaeport/train/graph";
import { afterEach, expect, test } from "vitest";
import { largestDifference, seeded, tf } from "./support.js";

afterEach(() => tf.disposeVariables());

const L = tf.layers;
/** @param seed from 1, since tf.js takes 0 for none */
const init = (seed: number) => tf.initializers.glorotNormal({ seed });
const dense = (units: number, seed: number, activation: "tanh" | "linear" = "linear") =>
  L.dense({ units, activation, kernelInitializer: init(seed) });

const MODELS: Record<string, { item: number[]; layers: () => layers.Layer[] }> = {
  "dense, every activation": {
    item: [6],
    layers: () =>
      (
        [
          "relu",
          "elu",
          "selu",
          "sigmoid",
          "softplus",
          "softsign",
          "tanh",
          "relu6",
          "swish",
          "mish",
        ] as const
      ).map((activation, i) => L.dense({ units: 8, activation, kernelInitializer: init(i + 1) })),
  },
  "convolutions, pooling": {
    item: [8, 8, 3],
    layers: () => [
      L.conv2d({ filters: 4, kernelSize: 3, padding: "same", kernelInitializer: init(1) }),
      L.leakyReLU(),
      L.maxPooling2d({ poolSize: 2 }),
      L.depthwiseConv2d({ kernelSize: 3, depthwiseInitializer: init(2) }),
      L.separableConv2d({
        filters: 5,
        kernelSize: 2,
        depthwiseInitializer: init(3),
        pointwiseInitializer: init(4),
      }),
      L.upSampling2d({ size: [2, 2] }),
      L.averagePooling2d({ poolSize: 2, strides: 1 }),
      L.flatten(),
      dense(2, 5),
    ],
  },
  "transposed convolution": {
    item: [3, 3, 4],
    layers: () => [
      L.conv2dTranspose({
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        activation: "relu",
        kernelInitializer: init(1),
      }),
      L.conv2dTranspose({ filters: 1, kernelSize: 3, padding: "same", kernelInitializer: init(2) }),
    ],
  },
  "batch normalisation": {
    item: [6, 6, 2],
    layers: () => [
      L.conv2d({ filters: 3, kernelSize: 3, kernelInitializer: init(1) }),
      L.batchNormalization(),
      L.flatten(),
      dense(5, 2, "tanh"),
      L.batchNormalization({ momentum: 0.5 }),
      dense(2, 3),
    ],
  },
  "layer normalisation": {
    item: [5, 4],
    layers: () => [
      dense(6, 1, "tanh"),
      L.layerNormalization(),
      L.layerNormalization({ epsilon: 0.1 }),
      dense(2, 2),
    ],
  },
  "simple RNN": {
    item: [5, 3],
    layers: () => [
      L.simpleRNN({ units: 4, kernelInitializer: init(1), recurrentInitializer: init(2) }),
      dense(2, 3),
    ],
  },
  LSTM: {
    item: [5, 3],
    layers: () => [
      L.lstm({
        units: 4,
        kernelInitializer: init(1),
        recurrentInitializer: init(2),
        returnSequences: true,
      }),
      L.lstm({ units: 3, kernelInitializer: init(3), recurrentInitializer: init(4) }),
    ],
  },
  "bidirectional GRU": {
    item: [4, 3],
    layers: () => {
      const layer = L.gru({ units: 3, kernelInitializer: init(1), recurrentInitializer: init(2) });
      return [L.bidirectional({ layer, mergeMode: "concat" } as never), dense(2, 3)];
    },
  },
  "embedding of indices": {
    item: [5],
    layers: () => [
      L.reLU(),
      L.embedding({ inputDim: 8, outputDim: 3, embeddingsInitializer: init(1) }),
      L.flatten(),
      dense(2, 2),
    ],
  },
  "counter-based dropout and noise": {
    item: [16],
    layers: () => [
      dense(16, 1, "tanh"),
      dropoutLayer(tf, { rate: 0.4, seed: 5, name: "drop" }),
      dense(8, 2, "tanh"),
      gaussianNoiseLayer(tf, { deviation: 0.3, seed: 6, name: "noise" }),
      dense(2, 3),
    ],
  },
};

function build({ item, layers: make }: (typeof MODELS)[string]): LayersModel {
  const model = tf.sequential();
  for (const [index, layer] of make().entries()) {
    if (index > 0) model.add(layer);
    else {
      model.add(L.inputLayer({ inputShape: item }));
      model.add(layer);
    }
  }
  return model;
}

test.each(Object.entries(MODELS))("%s", (_, entry) => {
  const model = build(entry);
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  const input = seeded([6, ...entry.item], 1);
  const loss = (x: Tensor) => {
    const { value, grads } = tf.variableGrads(() => {
      const output = model.apply(x, { training: true }) as Tensor;
      return tf.mean(tf.square(tf.sub(output, 0.3))).asScalar();
    }, variables);
    return { loss: value as Tensor, ...grads };
  };
  using program = new Program(tf);
  const step = program.capture("step", loss, [tf.zerosLike(input)]);
  for (let call = 0; call < 2; call++) {
    const actual = step(input) as Record<string, Tensor>;
    const expected = loss(input) as Record<string, Tensor>;
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    expect(Object.keys(actual).length).toBe(variables.length + 1);
    const scale = Math.max(
      ...Object.values(expected).map((tensor) => tf.max(tf.abs(tensor)).dataSync()[0]!),
    );
    for (const [name, tensor] of Object.entries(expected)) {
      const error = tf.max(tf.abs(tf.sub(actual[name]!, tensor))).dataSync()[0]!;
      expect(error / scale, name).toBeLessThan(1e-5);
    }
  }
  // Moving averages and noise counters, which both have advanced twice.
  const eager = Object.values(tf.engine().registeredVariables).map(
    (v) => [v, tf.clone(v)] as const,
  );
  program.toVariables();
  for (const [variable, expected] of eager) {
    expect(largestDifference(variable, expected), variable.name).toBeLessThan(1e-5);
  }
});
