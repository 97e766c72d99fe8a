/**
 * U-Net: figure 1 of https://arxiv.org/abs/1505.04597, with "same" padding in place of its crops and
 * batch normalisation, as most implementations have it. 31 million parameters.
 */
import * as tfl from "@tensorflow/tfjs-layers";

const { layers } = tfl;
type Tensor = tfl.SymbolicTensor;

const WIDTHS = [64, 128, 256, 512];

function twice(x: Tensor, filters: number): Tensor {
  let y = x;
  for (let index = 0; index < 2; index++) {
    y = layers.conv2d({ filters, kernelSize: 3, padding: "same" }).apply(y) as Tensor;
    y = layers.batchNormalization({}).apply(y) as Tensor;
    y = layers.activation({ activation: "relu" }).apply(y) as Tensor;
  }
  return y;
}

/** [N, size, size, 1] -> the probability of each of two classes, [N, size, size, 2]; size 572 in the paper. */
export function uNet(size: number): tfl.LayersModel {
  const image = tfl.input({ name: "image", shape: [size, size, 1] });
  const skipped: Tensor[] = [];
  let x = image as Tensor;
  for (const width of WIDTHS) {
    skipped.push(twice(x, width));
    x = layers.maxPooling2d({ poolSize: 2, strides: 2 }).apply(skipped.at(-1) as Tensor) as Tensor;
  }
  x = twice(x, 1024);
  for (const [index, filters] of WIDTHS.toReversed().entries()) {
    const up = layers.conv2dTranspose({ filters, kernelSize: 2, strides: 2, padding: "same" });
    const skip = skipped.at(-1 - index) as Tensor;
    x = twice(layers.concatenate().apply([skip, up.apply(x) as Tensor]) as Tensor, filters);
  }
  const classes = layers.conv2d({
    name: "classes",
    filters: 2,
    kernelSize: 1,
    activation: "softmax",
  });
  return tfl.model({ name: "u_net", inputs: image, outputs: classes.apply(x) as Tensor });
}
