/** Every attribute of every layer: what is not as tf.js writes it is refused, or has no effect at inference. */
import { ExportError, exportOnnx } from "@vaeport/export";
import { expect, test } from "vitest";
import { features } from "./features/all.js";
import type { tfl } from "./support/tf.js";

/** What no attribute of a layer can be. */
const GARBAGE = ["?", {}];

/** A model of each class that is exported, and the layer in it. */
const examples = features.flatMap(({ layer, model, refused }, index) => {
  const first = features.findIndex((other) => other.layer === layer && !other.refused);
  if (refused || index !== first) return [];
  const made = model();
  const found = made.layers.find((each) => each.getClassName() === layer);
  return found === undefined ? [] : [{ className: layer, model: made, layer: found }];
});

/** Whether an export goes through, with the bytes it gives. */
function bytesOf(model: tfl.LayersModel): Uint8Array | undefined {
  try {
    return exportOnnx(model).bytes;
  } catch (error) {
    if (error instanceof ExportError) return undefined;
    throw error;
  }
}

/** The attributes that the export refuses as garbage; throws where it takes garbage for something. */
function attributesRead(model: tfl.LayersModel, layer: tfl.layers.Layer): string[] {
  const config = layer.getConfig();
  const original = bytesOf(model) as Uint8Array;
  const read = Object.keys(config).filter((key) =>
    GARBAGE.some((garbage) => {
      layer.getConfig = () => ({ ...config, [key]: garbage }) as typeof config;
      const bytes = bytesOf(model);
      if (bytes === undefined) return true;
      const same = Buffer.compare(bytes, original) === 0;
      expect(same, `${layer.getClassName()}.${key} ${JSON.stringify(garbage)} is taken`).toBe(true);
      return false;
    }),
  );
  layer.getConfig = () => config;
  return read;
}

test("garbage is refused by whoever reads it, and changes nothing for the others", () => {
  const table = Object.fromEntries(
    examples.map(({ className, model, layer }) => [
      className,
      attributesRead(model, layer).sort().join(" "),
    ]),
  );
  expect(table).toMatchInlineSnapshot(`
    {
      "Activation": "activation",
      "Add": "",
      "AlphaDropout": "",
      "Average": "",
      "AveragePooling1D": "padding poolSize strides",
      "AveragePooling2D": "dataFormat padding poolSize strides",
      "AveragePooling3D": "dataFormat padding poolSize strides",
      "BatchNormalization": "axis epsilon",
      "Bidirectional": "mergeMode",
      "CategoryEncoding": "numTokens outputMode",
      "CenterCrop": "height width",
      "Concatenate": "axis",
      "Conv1D": "activation dilationRate kernelSize padding strides",
      "Conv2D": "activation dataFormat dilationRate kernelSize padding strides",
      "Conv2DTranspose": "activation dataFormat kernelSize padding strides",
      "Conv3D": "activation dataFormat dilationRate kernelSize padding strides",
      "Conv3DTranspose": "activation dataFormat kernelSize padding strides",
      "ConvLSTM2D": "goBackwards returnSequences returnState stateful",
      "Cropping2D": "cropping dataFormat",
      "Dense": "activation",
      "DepthwiseConv2D": "activation dataFormat dilationRate kernelSize padding strides",
      "Dot": "axes normalize",
      "Dropout": "",
      "ELU": "alpha",
      "Embedding": "",
      "Flatten": "",
      "GRU": "goBackwards returnSequences returnState stateful",
      "GaussianDropout": "",
      "GaussianNoise": "",
      "GlobalAveragePooling1D": "",
      "GlobalAveragePooling2D": "dataFormat",
      "GlobalMaxPooling1D": "",
      "GlobalMaxPooling2D": "dataFormat",
      "InputLayer": "",
      "LSTM": "goBackwards returnSequences returnState stateful",
      "LayerNormalization": "axis epsilon",
      "LeakyReLU": "alpha",
      "Masking": "maskValue",
      "MaxPooling1D": "padding poolSize strides",
      "MaxPooling2D": "dataFormat padding poolSize strides",
      "MaxPooling3D": "dataFormat padding poolSize strides",
      "Maximum": "",
      "Minimum": "",
      "Multiply": "",
      "PReLU": "",
      "Permute": "dims",
      "RNN": "goBackwards returnSequences returnState stateful",
      "ReLU": "maxValue",
      "RepeatVector": "n",
      "Rescaling": "offset scale",
      "Reshape": "targetShape",
      "SeparableConv2D": "activation dataFormat dilationRate kernelSize padding strides",
      "SimpleRNN": "goBackwards returnSequences returnState stateful",
      "Softmax": "axis",
      "SpatialDropout1D": "",
      "ThresholdedReLU": "theta",
      "TimeDistributed": "",
      "UpSampling2D": "dataFormat interpolation size",
      "ZeroPadding2D": "dataFormat padding",
    }
  `);
});
