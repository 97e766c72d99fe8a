/**
 * ResNet-50: table 1 of https://arxiv.org/abs/1512.03385, padded explicitly as Keras does. 25.6
 * million parameters.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

/** Width of the bottleneck and number of blocks, stage by stage. */
const STAGES = [
  [64, 3],
  [128, 4],
  [256, 6],
  [512, 3],
] as const;

const relu = (x: Tensor) => layers.activation({ activation: "relu" }).apply(x) as Tensor;

function convolution(x: Tensor, filters: number, kernelSize: number, strides = 1): Tensor {
  const padding = kernelSize === 3 ? "same" : "valid";
  const y = layers.conv2d({ filters, kernelSize, strides, padding }).apply(x);
  return layers.batchNormalization({ epsilon: 1.001e-5 }).apply(y) as Tensor;
}

function around(x: Tensor, size: number): Tensor {
  return layers
    .zeroPadding2d({
      padding: [
        [size, size],
        [size, size],
      ],
    })
    .apply(x) as Tensor;
}

function block(x: Tensor, width: number, strides: number, project: boolean): Tensor {
  const shortcut = project ? convolution(x, 4 * width, 1, strides) : x;
  let y = relu(convolution(x, width, 1, strides));
  y = relu(convolution(y, width, 3));
  return relu(layers.add().apply([shortcut, convolution(y, 4 * width, 1)]) as Tensor);
}

/** [N, size, size, 3] -> logits and probabilities, each [N, 1000]; the paper's size is 224. */
export function resNet50(size: number): tfl.LayersModel {
  const image = tfl.input({ name: "image", shape: [size, size, 3] });
  let x = relu(convolution(around(image, 3), 64, 7, 2));
  x = layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(around(x, 1)) as Tensor;
  for (const [stage, [width, blocks]] of STAGES.entries()) {
    for (let index = 0; index < blocks; index++) {
      x = block(x, width, index === 0 && stage > 0 ? 2 : 1, index === 0);
    }
  }
  x = layers.globalAveragePooling2d({}).apply(x) as Tensor;
  const logits = layers.dense({ name: "logits", units: 1000 }).apply(x) as Tensor;
  const classes = layers.softmax({ name: "classes" }).apply(logits) as Tensor;
  return tfl.model({ name: "resnet_50", inputs: image, outputs: [logits, classes] });
}
