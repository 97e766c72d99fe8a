/** Models, dense layers, activations, normalisation and noise: what each option comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { randomise, sequential, tf, tfl } from "../support/tf.js";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const one = (shape: readonly number[], make: () => tfl.layers.Layer) => () =>
  sequential(shape, [make()]);

const image = [4, 5, 3];

const ACTIVATIONS =
  "elu gelu gelu_new hardSigmoid linear logSoftmax mish relu relu6 selu sigmoid softmax softplus softsign swish tanh";

/** Two inputs, a layer used twice, a model inside, two outputs. */
function functional(): tfl.LayersModel {
  const inputs = [tfl.input({ name: "a", shape: [4] }), tfl.input({ name: "b", shape: [4] })];
  const shared = layers.dense({ name: "shared", units: 3 });
  const inner = tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  const outputs = inputs.map((input) => inner.apply(shared.apply(input)) as Tensor);
  return randomise(tfl.model({ name: "model", inputs, outputs }));
}

const open = (shape: (number | null)[]) => () => {
  const x = tfl.input({ shape });
  const y = layers.dense({ units: 2 }).apply(x) as Tensor;
  return randomise(tfl.model({ inputs: x, outputs: y }));
};

function embedded(): tfl.LayersModel {
  const x = tfl.input({ shape: [null], dtype: "int32" });
  const y = layers.embedding({ inputDim: 4, outputDim: 2 }).apply(x) as Tensor;
  return randomise(tfl.model({ inputs: x, outputs: y }));
}

function text(): tfl.LayersModel {
  const x = tfl.input({ shape: [3], dtype: "string" });
  return tfl.model({
    inputs: x,
    outputs: layers.embedding({ inputDim: 2, outputDim: 2 }).apply(x) as Tensor,
  });
}

/** tf.js in plain JavaScript lays statistics along the last axis; the formula is the reference. */
function alongFirst(): Omit<Feature, "layer" | "option"> {
  const model = sequential([4, 6], [layers.batchNormalization({ axis: 1 })]);
  const weights = model.getWeights().map((weight) => tf.reshape(weight, [1, 4, 1]));
  const [gamma, beta, mean, variance] = weights as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const reference = ([x]: tf.Tensor[]) =>
    tf.add(
      tf.mul(tf.div(tf.sub(x as tf.Tensor, mean), tf.sqrt(tf.add(variance, 1e-3))), gamma),
      beta,
    );
  return { model: () => model, compare: { reference } };
}

const noise = {
  AlphaDropout: () => layers.alphaDropout({ rate: 0.5 }),
  Dropout: () => layers.dropout({ rate: 0.5 }),
  GaussianDropout: () => layers.gaussianDropout({ rate: 0.5 }),
  GaussianNoise: () => layers.gaussianNoise({ stddev: 1 }),
  SpatialDropout1D: () => layers.spatialDropout1d({ rate: 0.5 }),
};

export const core: Feature[] = [
  ...rows("InputLayer", {
    "float32, any batch size": one([3], () => layers.dense({ units: 2 })),
    "open length": open([null, 3]),
    "open length, of indices": { model: embedded, compare: { below: 4 } },
    "open rows and columns": refused(open([null, null, 3])),
    "dtype string": refused(text),
  }),
  ...["Model", "Functional"].flatMap((name) =>
    rows(name, { "several inputs and outputs, shared layers, models inside": functional }),
  ),
  ...rows("Sequential", { "by default": () => sequential([4], [layers.dense({ units: 2 })]) }),
  ...rows("Dense", {
    vectors: one([4], () => layers.dense({ units: 3, activation: "relu" })),
    "other ranks": one(image, () => layers.dense({ units: 2 })),
    "useBias false": one([4], () => layers.dense({ units: 3, useBias: false })),
  }),
  ...rows(
    "Activation",
    Object.fromEntries(
      ACTIVATIONS.split(" ").map((name) => [
        name,
        one(image, () => layers.activation({ activation: name as "relu" })),
      ]),
    ),
  ),
  ...rows("ReLU", {
    "by default": one(image, () => layers.reLU({})),
    maxValue: one(image, () => layers.reLU({ maxValue: 1.5 })),
  }),
  ...rows("LeakyReLU", { alpha: one(image, () => layers.leakyReLU({ alpha: 0.1 })) }),
  ...rows("PReLU", {
    "by default": one(image, () => layers.prelu({})),
    sharedAxes: one(image, () => layers.prelu({ sharedAxes: [1, 2] })),
  }),
  ...rows("ELU", { "by default": one(image, () => layers.elu()) }),
  ...rows("ThresholdedReLU", { theta: one(image, () => layers.thresholdedReLU({ theta: 0.4 })) }),
  ...rows("Softmax", {
    "axis -1": one(image, () => layers.softmax({ axis: -1 })),
    "several axes": one(image, () => layers.softmax({ axis: [1, 3] })),
  }),
  ...rows("BatchNormalization", {
    "axis -1": one(image, () => layers.batchNormalization({ epsilon: 2e-3 })),
    "another axis": alongFirst(),
    "center, scale false": one(image, () =>
      layers.batchNormalization({ center: false, scale: false }),
    ),
  }),
  ...rows("LayerNormalization", {
    "axis -1": one(image, () => layers.layerNormalization({ epsilon: 2e-3 })),
    "several axes": one(image, () => layers.layerNormalization({ axis: [1, 3] })),
    "center, scale false": one(image, () =>
      layers.layerNormalization({ center: false, scale: false }),
    ),
  }),
  ...Object.entries(noise).flatMap(([name, make]) =>
    rows(name, { "nothing at inference": one([4, 5], make) }),
  ),
  ...rows("Masking", {
    maskValue: {
      model: one([6, 2], () => layers.masking({ maskValue: 1 })),
      compare: { below: 2 },
    },
  }),
];
