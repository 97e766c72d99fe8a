/** Which function translates which layer: the one table, by serialized class name. */
import { UnsupportedError } from "../errors.js";
import * as activations from "./activation-layers.js";
import { single, unsupported } from "./config.js";
import { convLstm2d } from "./conv-lstm.js";
import * as convolution from "./convolution.js";
import { dense } from "./dense.js";
import { dot } from "./dot.js";
import * as element from "./element.js";
import * as merge from "./merge.js";
import { batchNormalization, layerNormalization } from "./normalization.js";
import * as pooling from "./pooling.js";
import * as preprocessing from "./preprocessing.js";
import * as recurrent from "./recurrent.js";
import * as shape from "./shape.js";
import type { Translator, Translators } from "./types.js";

/** Layers that do nothing at inference. */
const identity: Translator = (_, inputs) => [single(inputs)];

/** Layers that have no exact form, each with the reason. */
const refuse =
  (reason: string): Translator =>
  () => {
    throw new UnsupportedError(reason);
  };
const CELL = "a cell is no layer by itself; wrap it in tf.layers.rnn";

/** Layers that take float32 alone. */
const FLOAT_LAYERS: Translators = {
  Activation: activations.activation,
  Add: merge.add,
  AlphaDropout: identity,
  Average: merge.average,
  AveragePooling1D: pooling.averagePooling1d,
  AveragePooling2D: pooling.averagePooling2d,
  AveragePooling3D: pooling.averagePooling3d,
  BatchNormalization: batchNormalization,
  Bidirectional: recurrent.bidirectional,
  CenterCrop: preprocessing.centerCrop,
  Concatenate: merge.concatenate,
  Conv1D: convolution.conv1d,
  Conv2D: convolution.conv2d,
  Conv2DTranspose: convolution.conv2dTranspose,
  Conv3D: convolution.conv3d,
  Conv3DTranspose: convolution.conv3dTranspose,
  ConvLSTM2D: convLstm2d,
  ConvLSTM2DCell: refuse(CELL),
  Cropping2D: shape.cropping2d,
  Dense: dense,
  DepthwiseConv2D: convolution.depthwiseConv2d,
  Dot: dot,
  Dropout: identity,
  ELU: activations.elu,
  GaussianDropout: identity,
  GaussianNoise: identity,
  GlobalAveragePooling1D: pooling.globalAveragePooling1d,
  GlobalAveragePooling2D: pooling.globalAveragePooling2d,
  GlobalMaxPooling1D: pooling.globalMaxPooling1d,
  GlobalMaxPooling2D: pooling.globalMaxPooling2d,
  GRU: recurrent.recurrent,
  GRUCell: refuse(CELL),
  LayerNormalization: layerNormalization,
  LeakyReLU: activations.leakyRelu,
  LSTM: recurrent.recurrent,
  LSTMCell: refuse(CELL),
  Masking: element.masking,
  Maximum: merge.maximum,
  MaxPooling1D: pooling.maxPooling1d,
  MaxPooling2D: pooling.maxPooling2d,
  MaxPooling3D: pooling.maxPooling3d,
  Minimum: merge.minimum,
  Multiply: merge.multiply,
  Permute: shape.permute,
  PReLU: activations.prelu,
  RandomWidth: refuse("it draws random numbers at inference"),
  ReLU: activations.relu,
  RepeatVector: shape.repeatVector,
  Resizing: refuse(
    "tf.js cannot run it in a model (it throws), and states a shape without the batch",
  ),
  RNN: recurrent.recurrent,
  SeparableConv2D: convolution.separableConv2d,
  SimpleRNN: recurrent.recurrent,
  SimpleRNNCell: refuse(CELL),
  Softmax: activations.softmax,
  SpatialDropout1D: identity,
  StackedRNNCells: refuse(CELL),
  ThresholdedReLU: activations.thresholdedRelu,
  TimeDistributed: recurrent.timeDistributed,
  UpSampling2D: shape.upSampling2d,
  ZeroPadding2D: shape.zeroPadding2d,
};

/** Refuses integers, which only a few layers read. */
const floats =
  (translator: Translator): Translator =>
  (layer, inputs, g, context) => {
    const other = inputs.find(({ dtype }) => dtype !== "float32");
    if (other !== undefined) throw unsupported("input dtype", other.dtype, "float32");
    return translator(layer, inputs, g, context);
  };

/** Class names are looked up as own keys only: a layer cannot be called `constructor`. */
export const TRANSLATORS: Translators = {
  ...Object.fromEntries(
    Object.entries(FLOAT_LAYERS).map(([name, translator]) => [name, floats(translator)]),
  ),
  CategoryEncoding: preprocessing.categoryEncoding,
  Embedding: element.embedding,
  Flatten: shape.flatten,
  Rescaling: element.rescaling,
  Reshape: shape.reshape,
};
