/** Layers that move elements, and preprocessing: what each option of each class comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { randomise, sequential, tfl } from "../support/tf.js";

const { layers } = tfl;

/** A model of one layer over items of a shape. */
const one = (shape: readonly number[], make: () => tfl.layers.Layer) => () =>
  sequential(shape, [make()]);

/** An Embedding of 5 indices below 7. */
function embedding(dtype: "int32" | "float32", config: object = {}): tfl.LayersModel {
  const x = tfl.input({ name: "ids", shape: [5], dtype });
  const y = layers.embedding({ inputDim: 7, outputDim: 3, ...config }).apply(x);
  return randomise(tfl.model({ name: "model", inputs: x, outputs: y as tfl.SymbolicTensor }));
}

function randomWidth(): tfl.LayersModel {
  const x = tfl.input({ shape: [4, 5, 3] });
  const y = layers.randomWidth({ factor: 0.5 }).apply(x) as tfl.SymbolicTensor;
  return tfl.model({ name: "model", inputs: x, outputs: y });
}

/** Behind a layer that makes a shape of its own: tf.js overwrites that shape, and runs. */
const behindConv = (make: () => tfl.layers.Layer) => () =>
  sequential(image, [layers.conv2d({ name: "conv", filters: 2, kernelSize: 1 }), make()]);

/** Whole numbers 0 to 5, as they come. */
function encoding(outputMode: "count" | "multiHot" | "oneHot", count: number) {
  const kernelInitializer = "identity";
  const same = layers.dense({ name: "same", units: count, useBias: false, kernelInitializer });
  const model = () => {
    const x = tfl.input({ name: "x", shape: [count] });
    const encode = layers.categoryEncoding({ numTokens: 6, outputMode });
    const y = encode.apply(same.apply(x)) as tfl.SymbolicTensor;
    return tfl.model({ name: "model", inputs: x, outputs: y });
  };
  return { model, compare: { below: 6 } };
}

const image = [4, 5, 3];
const ids = { compare: { below: 7 } };

export const shape: Feature[] = [
  ...rows("Flatten", {
    "by default": one(image, () => layers.flatten()),
    "dataFormat channelsFirst": one(image, () => layers.flatten({ dataFormat: "channelsFirst" })),
  }),
  ...rows("Reshape", {
    targetShape: one(image, () => layers.reshape({ targetShape: [6, 10] })),
    "targetShape with an open size": one(image, () => layers.reshape({ targetShape: [3, -1, 2] })),
  }),
  ...rows("Permute", { dims: one(image, () => layers.permute({ dims: [3, 1, 2] })) }),
  ...rows("RepeatVector", { n: one([4], () => layers.repeatVector({ n: 3 })) }),
  ...rows("Cropping2D", {
    cropping: one(image, () =>
      layers.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
    ),
    "dataFormat channelsFirst": one(image, () =>
      layers.cropping2D({
        cropping: [
          [1, 0],
          [1, 1],
        ],
        dataFormat: "channelsFirst",
      }),
    ),
  }),
  ...rows("ZeroPadding2D", {
    padding: one(image, () =>
      layers.zeroPadding2d({
        padding: [
          [0, 2],
          [3, 1],
        ],
      }),
    ),
    "dataFormat channelsFirst": one(image, () =>
      layers.zeroPadding2d({ padding: [1, 2], dataFormat: "channelsFirst" }),
    ),
  }),
  ...rows("UpSampling2D", {
    "interpolation nearest": one(image, () => layers.upSampling2d({ size: [3, 2] })),
    "interpolation bilinear": one(image, () =>
      layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" }),
    ),
    "dataFormat channelsFirst": one(image, () =>
      layers.upSampling2d({ size: [2, 2], dataFormat: "channelsFirst" }),
    ),
  }),
  ...rows("Embedding", {
    "int32 input": { model: () => embedding("int32"), ...ids },
    "float32 input": { model: () => embedding("float32"), ...ids },
    maskZero: { model: () => embedding("int32", { maskZero: true }), ...ids },
  }),
  ...rows("Rescaling", {
    "scale, offset": one(image, () => layers.rescaling({ scale: 1 / 127.5, offset: -1 })),
  }),
  ...rows("Resizing", {
    "by default": refused(one(image, () => layers.resizing({ height: 2, width: 2 }))),
  }),
  ...rows("CenterCrop", {
    "behind another layer": behindConv(() => layers.centerCrop({ height: 2, width: 3 })),
    "at a model's input": refused(one(image, () => layers.centerCrop({ height: 2, width: 2 }))),
    "to more than there is": refused(behindConv(() => layers.centerCrop({ height: 9, width: 9 }))),
  }),
  ...rows("CategoryEncoding", {
    "count, behind another layer": encoding("count", 3),
    "multiHot, behind another layer": encoding("multiHot", 3),
    "oneHot, behind another layer": encoding("oneHot", 1),
    "oneHot of several": refused(encoding("oneHot", 3).model),
    "at a model's input": refused(
      one([3], () => layers.categoryEncoding({ numTokens: 5, outputMode: "multiHot" })),
    ),
  }),
  ...rows("RandomWidth", { "by default": refused(randomWidth) }),
];
