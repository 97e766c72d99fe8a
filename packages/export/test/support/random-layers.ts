/** Random layers and what they work on, for property tests: only what tf.js and the export both take. */
import fc from "fast-check";
import {
  activation,
  type Case,
  channels,
  extent,
  type LayerCase,
  padding,
  size,
  times,
  units,
  useBias,
} from "./random-options.js";
import { bidirectional, ofCells, recurrent, video } from "./random-recurrent.js";
import { tfl } from "./tf.js";

const { layers } = tfl;

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
      shapes: [dataFormat === "channelsFirst" ? [depth, ...spatial] : [...spatial, depth]],
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

const item = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

function overItems(
  make: string,
  options: (shape: readonly number[]) => fc.Arbitrary<Record<string, unknown>>,
): fc.Arbitrary<Case> {
  return item.chain((shape) => options(shape).map((config) => ({ make, shapes: [shape], config })));
}

const ends = times(times(fc.integer({ min: 0, max: 1 }), 2), 2);

const axesOf = (shape: readonly number[]) => shape.map((_, index) => index + 1);

/** Inputs of one to four axes that broadcast as in tf.js: sizes of 1, and axes missing in front. */
function merging(make: string): fc.Arbitrary<Case> {
  const part = item.chain((full) =>
    fc.array(
      fc
        .tuple(fc.nat({ max: full.length - 1 }), times(fc.boolean(), full.length))
        .map(([from, ones]) => full.map((n, axis) => (ones[axis] ? 1 : n)).slice(from)),
      { minLength: 2, maxLength: 4 },
    ),
  );
  return part.map((shapes) => ({ make, shapes, config: {} }));
}

const concatenating: fc.Arbitrary<Case> = item.chain((shape) =>
  fc
    .tuple(fc.constantFrom(-1, ...axesOf(shape)), fc.array(size, { minLength: 2, maxLength: 3 }))
    .map(([axis, sizes]) => ({
      make: "concatenate",
      shapes: sizes.map((own) => shape.with(axis < 0 ? axis : axis - 1, own)),
      config: { axis },
    })),
);

const dotting: fc.Arbitrary<Case> = fc
  .tuple(
    times(fc.array(size, { minLength: 1, maxLength: 2 }), 2),
    times(fc.nat(1), 2),
    size,
    useBias,
  )
  .map(([shapes, places, shared, normalize]) => {
    const axes = shapes.map((shape, side) => (places[side] as number) % shape.length);
    return {
      make: "dot",
      shapes: shapes.map((shape, side) => shape.with(axes[side] as number, shared)),
      config: { axes: axes.map((axis) => axis + 1), normalize },
    };
  });

/** A layer of the other families, at each of one to four steps. */
const repeated: fc.Arbitrary<Case> = fc
  .oneof(convolution("conv1d", 1), convolution("conv2d", 2), pooling("maxPooling2d", 2))
  .chain(({ shapes: [shape = []], ...layer }) =>
    size.map((steps) => ({
      make: "timeDistributed",
      shapes: [[steps, ...shape]],
      config: { layer },
    })),
  );

const softened = overItems("softmax", (shape) =>
  fc.subarray(axesOf(shape), { minLength: 1 }).map((axis) => ({ axis })),
);

const reshaped: fc.Arbitrary<Case> = item.chain((shape) =>
  fc
    .tuple(fc.shuffledSubarray([...shape], { minLength: shape.length }), fc.boolean())
    .map(([target, open]) => ({
      make: "reshape",
      shapes: [shape],
      config: { targetShape: open ? [...target.slice(0, -1), -1] : target },
    })),
);

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
  overItems("prelu", (shape) =>
    fc.subarray(axesOf(shape)).map((sharedAxes) => (sharedAxes.length > 0 ? { sharedAxes } : {})),
  ),
  overItems("reLU", () => fc.record({ maxValue: fc.constantFrom(null, 0.5, 2) })),
  overItems("leakyReLU", () => fc.record({ alpha: fc.constantFrom(0, 0.1, -0.5) })),
  overItems("thresholdedReLU", () => fc.record({ theta: fc.constantFrom(0, 0.3) })),
  overItems("elu", () => fc.record({ alpha: fc.constantFrom(0.5, 2) })),
  overItems("rescaling", () =>
    fc.record({ scale: fc.constantFrom(0.5, -2), offset: fc.constantFrom(0, 3) }),
  ),
  overImages("globalMaxPooling2d", 2, {}),
  overImages("globalAveragePooling2d", 2, {}),
  overImages("globalMaxPooling1d", 1, {}, last),
  overImages("globalAveragePooling1d", 1, {}, last),
  fc
    .record({ n: size, depth: channels })
    .map(({ n, depth }) => ({ make: "repeatVector", shapes: [[depth]], config: { n } })),
  overItems("masking", () => fc.constant({ maskValue: 1 })).map((each) => ({ ...each, below: 2 })),
  overItems("embedding", () => fc.record({ outputDim: units })).map(({ config, ...rest }) => ({
    ...rest,
    config: { ...config, inputDim: 4 },
    below: 4,
  })),
  ...["add", "multiply", "average", "maximum", "minimum"].map(merging),
  concatenating,
  dotting,
  softened,
  reshaped,
  ofCells,
  bidirectional,
  video,
  repeated,
);

/** The layer of a case; its options are copied, as tf.js writes into them. */
export function makeLayer({ make, config }: LayerCase): tfl.layers.Layer {
  const makers = layers as unknown as Record<string, (config: object) => tfl.layers.Layer>;
  const { layer, cell, ...plain } = config;
  return (makers[make] as (config: object) => tfl.layers.Layer)({
    ...structuredClone(plain),
    ...(layer === undefined ? {} : { layer: makeLayer(layer as LayerCase) }),
    ...(cell === undefined ? {} : { cell: (cell as LayerCase[]).map(makeLayer) }),
  });
}
