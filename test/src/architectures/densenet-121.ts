/**
 * DenseNet-121: table 1 of https://arxiv.org/abs/1608.06993 (DenseNet-BC, growth rate 32). 8.1 million
 * parameters.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const GROWTH = 32;
const BLOCKS = [6, 12, 24, 16];

/** Normalisation and rectification come before the convolution here, so that they cannot fold into it. */
function normalised(x: Tensor): Tensor {
  const y = layers.batchNormalization({ epsilon: 1.001e-5 }).apply(x);
  return layers.activation({ activation: "relu" }).apply(y) as Tensor;
}

function convolution(x: Tensor, filters: number, kernelSize: number): Tensor {
  const options = { filters, kernelSize, padding: "same", useBias: false } as const;
  return layers.conv2d(options).apply(normalised(x)) as Tensor;
}

/** [N, size, size, 3] -> logits and probabilities, each [N, 1000]; the paper's size is 224. */
export function denseNet121(size: number): tfl.LayersModel {
  const image = tfl.input({ name: "image", shape: [size, size, 3] });
  const same = { padding: "same", strides: 2 } as const;
  const stem = layers.conv2d({ filters: 64, kernelSize: 7, useBias: false, ...same });
  let x = normalised(stem.apply(image) as Tensor);
  x = layers.maxPooling2d({ poolSize: 3, ...same }).apply(x) as Tensor;
  for (const [index, count] of BLOCKS.entries()) {
    for (let layer = 0; layer < count; layer++) {
      const more = convolution(convolution(x, 4 * GROWTH, 1), GROWTH, 3);
      x = layers.concatenate().apply([x, more]) as Tensor;
    }
    if (index === BLOCKS.length - 1) break;
    x = convolution(x, Number(x.shape[3]) / 2, 1);
    x = layers.averagePooling2d({ poolSize: 2, strides: 2 }).apply(x) as Tensor;
  }
  x = layers.globalAveragePooling2d({}).apply(normalised(x)) as Tensor;
  const logits = layers.dense({ name: "logits", units: 1000 }).apply(x) as Tensor;
  const classes = layers.softmax({ name: "classes" }).apply(logits) as Tensor;
  return tfl.model({ name: "densenet_121", inputs: image, outputs: [logits, classes] });
}
