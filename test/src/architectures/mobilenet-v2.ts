/**
 * MobileNetV2 with 1000 classes, width 1: table 2 of https://arxiv.org/abs/1801.04381. 3.5 million
 * parameters.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

/** Expansion t, output channels c, repeats n, stride s of the first. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const plain = { padding: "same", useBias: false } as const;

function normalised(x: Tensor, activated = true): Tensor {
  const y = layers.batchNormalization({}).apply(x);
  return (activated ? layers.reLU({ maxValue: 6 }).apply(y) : y) as Tensor;
}

function pointwise(x: Tensor, filters: number, activated: boolean): Tensor {
  const conv = layers.conv2d({ filters, kernelSize: 1, ...plain });
  return normalised(conv.apply(x) as Tensor, activated);
}

function bottleneck(x: Tensor, expansion: number, filters: number, strides: number): Tensor {
  const channels = Number(x.shape[3]);
  const wide = expansion === 1 ? x : pointwise(x, expansion * channels, true);
  const depthwise = layers.depthwiseConv2d({ kernelSize: 3, strides, ...plain });
  const narrow = pointwise(normalised(depthwise.apply(wide) as Tensor), filters, false);
  return strides === 1 && channels === filters
    ? (layers.add().apply([x, narrow]) as Tensor)
    : narrow;
}

/** [N, size, size, 3] -> logits and probabilities, each [N, 1000]; the paper's size is 224. */
export function mobileNetV2(size: number): tfl.LayersModel {
  const image = tfl.input({ name: "image", shape: [size, size, 3] });
  const stem = layers.conv2d({ filters: 32, kernelSize: 3, strides: 2, ...plain });
  let x = normalised(stem.apply(image) as Tensor);
  for (const [expansion, filters, repeats, strides] of BLOCKS) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      x = bottleneck(x, expansion, filters, repeat === 0 ? strides : 1);
    }
  }
  x = layers.globalAveragePooling2d({}).apply(pointwise(x, 1280, true)) as Tensor;
  const logits = layers.dense({ name: "logits", units: 1000 }).apply(x) as Tensor;
  const classes = layers.softmax({ name: "classes" }).apply(logits) as Tensor;
  return tfl.model({ name: "mobilenet_v2", inputs: image, outputs: [logits, classes] });
}
