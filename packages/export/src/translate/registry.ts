/** Which function translates which layer: the one table, by serialized class name. */
import * as activations from "./activation-layers.js";
import { single } from "./config.js";
import { conv2d, conv2dTranspose } from "./convolution.js";
import { dense } from "./dense.js";
import * as merge from "./merge.js";
import { batchNormalization, layerNormalization } from "./normalization.js";
import * as pooling from "./pooling.js";
import { flatten, reshape, upSampling2d, zeroPadding2d } from "./shape.js";
import type { Translator, Translators } from "./types.js";

/** Layers that do nothing at inference. */
const identity: Translator = (_, inputs) => [single(inputs)];

/** Class names are looked up as own keys only: a layer cannot be called `constructor`. */
export const TRANSLATORS: Translators = {
  Activation: activations.activation,
  Add: merge.add,
  AlphaDropout: identity,
  Average: merge.average,
  AveragePooling2D: pooling.averagePooling2d,
  BatchNormalization: batchNormalization,
  Concatenate: merge.concatenate,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Dense: dense,
  Dropout: identity,
  ELU: activations.elu,
  Flatten: flatten,
  GaussianDropout: identity,
  GaussianNoise: identity,
  GlobalAveragePooling2D: pooling.globalAveragePooling2d,
  GlobalMaxPooling2D: pooling.globalMaxPooling2d,
  LayerNormalization: layerNormalization,
  LeakyReLU: activations.leakyRelu,
  Maximum: merge.maximum,
  MaxPooling2D: pooling.maxPooling2d,
  Minimum: merge.minimum,
  Multiply: merge.multiply,
  PReLU: activations.prelu,
  ReLU: activations.relu,
  Reshape: reshape,
  Softmax: activations.softmax,
  SpatialDropout1D: identity,
  ThresholdedReLU: activations.thresholdedRelu,
  UpSampling2D: upSampling2d,
  ZeroPadding2D: zeroPadding2d,
};
