/** Convolutions: what each option of each class comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { sequential, tfl } from "../support/tf.js";

const { layers } = tfl;

/** Models of one layer: over channels last, and with the same images channels first. */
function over(layer: unknown, base: object, shape: readonly (number | null)[]) {
  const make = layer as (config: object) => tfl.layers.Layer;
  const first = [shape.at(-1) as number | null, ...shape.slice(0, -1)];
  return {
    last:
      (config: object = {}) =>
      () =>
        sequential(shape, [make({ ...structuredClone(base), ...config })]),
    first:
      (config: object = {}) =>
      () =>
        sequential(first, [
          make({ ...structuredClone(base), dataFormat: "channelsFirst", ...config }),
        ]),
  };
}

function shared(layer: unknown, base: object, shape: readonly number[]) {
  const { last, first } = over(layer, base, shape);
  return {
    "padding valid": last({ padding: "valid" }),
    "padding same": last({ padding: "same" }),
    strides: last({ strides: 2, padding: "same" }),
    "useBias false": last({ useBias: false }),
    activation: last({ activation: "tanh" }),
    "dataFormat channelsFirst": first({ padding: "same", strides: 2 }),
  };
}

/** A Conv1D over [N, length, channels], the length open. */
const openLength = (config: object, channels = 3) =>
  over(layers.conv1d, { filters: 4, kernelSize: 3 }, [null, channels]).last(config);

const conv1d = over(layers.conv1d, { filters: 4, kernelSize: 3 }, [9, 3]);
const conv2d = over(layers.conv2d, { filters: 4, kernelSize: 3 }, [7, 8, 3]);
const conv3d = over(layers.conv3d, { filters: 4, kernelSize: 2 }, [4, 5, 6, 2]);
const separable = over(layers.separableConv2d, { filters: 4, kernelSize: 3 }, [7, 8, 3]);
const depthwise = over(layers.depthwiseConv2d, { kernelSize: 3 }, [7, 8, 3]);

const { "dataFormat channelsFirst": _, ...plain1d } = shared(
  layers.conv1d,
  { filters: 4, kernelSize: 3 },
  [9, 3],
);
const { "dataFormat channelsFirst": __, ...plainSeparable } = shared(
  layers.separableConv2d,
  { filters: 4, kernelSize: 3 },
  [7, 8, 3],
);

export const convolution: Feature[] = [
  ...rows("Conv1D", {
    ...plain1d,
    "open length": openLength({}),
    "open length, padding same, dilationRate": openLength({ padding: "same", dilationRate: 2 }, 1),
    "open length, strides": openLength({ strides: 2 }),
    "open length, strides, padding same": refused(openLength({ strides: 2, padding: "same" })),
    dilationRate: conv1d.last({ dilationRate: 2, padding: "same" }),
    "padding causal": refused(conv1d.last({ padding: "causal" })),
    "dataFormat channelsFirst": refused(conv1d.first()),
  }),
  ...rows("Conv2D", {
    ...shared(layers.conv2d, { filters: 4, kernelSize: 3 }, [7, 8, 3]),
    dilationRate: conv2d.last({ dilationRate: 2, padding: "same" }),
    "padding causal": refused(conv2d.last({ padding: "causal" })),
  }),
  ...rows("Conv3D", {
    ...shared(layers.conv3d, { filters: 4, kernelSize: 2 }, [4, 5, 6, 2]),
    dilationRate: conv3d.last({ dilationRate: 2, padding: "same" }),
    "padding causal": refused(conv3d.last({ padding: "causal" })),
  }),
  ...rows(
    "Conv2DTranspose",
    shared(layers.conv2dTranspose, { filters: 4, kernelSize: 3 }, [7, 8, 3]),
  ),
  ...rows(
    "Conv3DTranspose",
    shared(layers.conv3dTranspose, { filters: 4, kernelSize: 3 }, [3, 2, 4, 3]),
  ),
  ...rows("DepthwiseConv2D", {
    ...shared(layers.depthwiseConv2d, { kernelSize: 3 }, [7, 8, 3]),
    depthMultiplier: depthwise.last({ depthMultiplier: 3 }),
    dilationRate: refused(depthwise.last({ dilationRate: 2 })),
  }),
  ...rows("SeparableConv2D", {
    ...plainSeparable,
    depthMultiplier: separable.last({ depthMultiplier: 2, strides: 2 }),
    dilationRate: separable.last({ dilationRate: 2, padding: "same" }),
    "dataFormat channelsFirst, useBias false": separable.first({ useBias: false }),
    "dataFormat channelsFirst, useBias": refused(separable.first()),
    "dataFormat channelsFirst, activation softmax": refused(
      separable.first({ useBias: false, activation: "softmax" }),
    ),
  }),
];
