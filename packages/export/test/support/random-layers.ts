/** Random layers and what they work on, for property tests: only what tf.js and the export both take. */
import fc from "fast-check";
import { tfl } from "./tf.js";

const { layers } = tfl;

/** A layer to be made of its class and options, over items of a shape. */
export interface Case {
  make: string;
  shape: readonly number[];
  config: Readonly<Record<string, unknown>>;
}

const padding = fc.constantFrom("same", "valid");
const size = fc.integer({ min: 1, max: 3 });
const extent = fc.integer({ min: 3, max: 7 });
const channels = fc.integer({ min: 1, max: 4 });
const units = fc.integer({ min: 1, max: 5 });
const useBias = fc.boolean();
const activation = fc.constantFrom(
  ..."elu gelu hardSigmoid linear mish relu relu6 selu sigmoid softplus softsign swish tanh".split(
    " ",
  ),
);
const gate = fc.constantFrom(..."elu gelu hardSigmoid relu sigmoid softsign tanh".split(" "));

const times = <T>(value: fc.Arbitrary<T>, count: number) =>
  fc.array(value, { minLength: count, maxLength: count });

/** Options given, in a case of this class over images of `rank` axes, channels first or last. */
function overImages(
  make: string,
  rank: number,
  options: Record<string, fc.Arbitrary<unknown>>,
  formats: readonly string[] = ["channelsLast", "channelsFirst"],
): fc.Arbitrary<Case> {
  return fc
    .record({
      spatial: times(extent, rank),
      depth: channels,
      dataFormat: fc.constantFrom(...formats),
      config: fc.record(options),
    })
    .map(({ spatial, depth, dataFormat, config }) => ({
      make,
      shape: dataFormat === "channelsFirst" ? [depth, ...spatial] : [...spatial, depth],
      config: rank === 1 ? config : { ...config, dataFormat },
    }));
}

const last = ["channelsLast"];

function convolution(make: string, rank: number, filters = true, more = {}): fc.Arbitrary<Case> {
  // Over three axes no window may be shorter than its stride: see the refusal of gaps.
  const kernelSize = times(rank === 3 ? fc.constant(2) : size, rank);
  const strides = times(fc.integer({ min: 1, max: rank === 3 ? 2 : 3 }), rank);
  const shape = { kernelSize, strides, padding, useBias, activation, ...more };
  const formats = rank === 1 || make === "separableConv2d" ? last : undefined;
  return overImages(make, rank, filters ? { ...shape, filters: channels } : shape, formats);
}

function dilated(make: string, rank: number): fc.Arbitrary<Case> {
  const dilationRate = times(fc.integer({ min: 1, max: 2 }), rank);
  const config = {
    kernelSize: fc.constant(2),
    dilationRate,
    padding,
    filters: channels,
    activation,
  };
  return overImages(make, rank, config, rank === 1 ? last : undefined);
}

function pooling(make: string, rank: number): fc.Arbitrary<Case> {
  const poolSize = times(rank === 3 ? fc.constant(2) : size, rank);
  const strides = times(fc.integer({ min: 1, max: rank === 3 ? 2 : 3 }), rank);
  return overImages(make, rank, { poolSize, strides, padding });
}

function recurrent(make: string): fc.Arbitrary<Case> {
  return fc
    .record({
      shape: fc.tuple(fc.integer({ min: 1, max: 5 }), channels),
      config: fc.record({
        units,
        useBias,
        activation: gate,
        recurrentActivation: gate,
        goBackwards: fc.boolean(),
        returnSequences: fc.boolean(),
        returnState: fc.boolean(),
      }),
    })
    .map(({ shape, config }) => ({
      make,
      shape,
      config: { ...config, recurrentInitializer: "zeros", unitForgetBias: false },
    }));
}

const item = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

function overItems(
  make: string,
  options: (shape: readonly number[]) => fc.Arbitrary<Record<string, unknown>>,
): fc.Arbitrary<Case> {
  return item.chain((shape) => options(shape).map((config) => ({ make, shape, config })));
}

const ends = times(times(fc.integer({ min: 0, max: 1 }), 2), 2);

/** One layer of any family. */
export const anyLayer: fc.Arbitrary<Case> = fc.oneof(
  convolution("conv1d", 1),
  convolution("conv2d", 2),
  convolution("conv3d", 3),
  convolution("conv2dTranspose", 2),
  convolution("conv3dTranspose", 3),
  convolution("depthwiseConv2d", 2, false, { depthMultiplier: size }),
  convolution("separableConv2d", 2, true, { depthMultiplier: size }),
  dilated("conv1d", 1),
  dilated("conv2d", 2),
  dilated("conv3d", 3),
  ...[1, 2, 3].flatMap((rank) =>
    ["maxPooling", "averagePooling"].map((name) => pooling(`${name}${rank}d`, rank)),
  ),
  overImages("cropping2D", 2, { cropping: ends }),
  overImages("zeroPadding2d", 2, { padding: ends }),
  overImages("upSampling2d", 2, {
    size: times(size, 2),
    interpolation: fc.constantFrom("nearest", "bilinear"),
  }),
  recurrent("simpleRNN"),
  recurrent("gru"),
  recurrent("lstm"),
  overItems("dense", () => fc.record({ units, useBias, activation })),
  overItems("permute", (shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, axis) => axis + 1),
        { minLength: shape.length },
      )
      .map((dims) => ({ dims })),
  ),
  overItems("layerNormalization", (shape) =>
    fc
      .subarray(
        shape.map((_, axis) => axis + 1),
        { minLength: 1 },
      )
      .map((axis) => ({ axis, epsilon: 0.1 })),
  ),
  overItems("batchNormalization", () => fc.constant({ axis: -1 })),
  overItems("flatten", () => fc.constant({})),
);

/** The layer of a case; its options are copied, as tf.js writes into them. */
export function makeLayer({ make, config }: Omit<Case, "shape">): tfl.layers.Layer {
  const makers = layers as unknown as Record<string, (config: object) => tfl.layers.Layer>;
  return (makers[make] as (config: object) => tfl.layers.Layer)(structuredClone(config));
}
