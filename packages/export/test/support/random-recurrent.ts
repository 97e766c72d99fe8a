/** Random recurrent layers: of each class, of cells, in both directions, of images. */
import fc from "fast-check";
import {
  type Case,
  channels,
  extent,
  gate,
  type LayerCase,
  padding,
  size,
  times,
  units,
  useBias,
} from "./random-options.js";

/** Plain tf.js has no orthogonal initializer without chained operators; weights are set anyway. */
const start = { recurrentInitializer: "zeros", unitForgetBias: false } as const;

export function recurrent(make: string): fc.Arbitrary<Case> {
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
    .map(({ shape, config }) => ({ make, shapes: [shape], config: { ...config, ...start } }));
}

/** Cells of a recurrent layer: one, or a stack. */
const cells: fc.Arbitrary<LayerCase> = fc.record({
  make: fc.constantFrom("simpleRNNCell", "gruCell", "lstmCell"),
  config: fc
    .record({ units, useBias, activation: gate, recurrentActivation: gate })
    .map((config) => ({ ...config, ...start })),
});
export const ofCells: fc.Arbitrary<Case> = fc.record({
  make: fc.constant("rnn"),
  shapes: fc.tuple(fc.tuple(size, channels)),
  config: fc.record({
    cell: fc.array(cells, { minLength: 1, maxLength: 3 }),
    goBackwards: fc.boolean(),
    returnSequences: fc.boolean(),
    returnState: fc.boolean(),
  }),
});

export const bidirectional: fc.Arbitrary<Case> = fc
  .oneof(recurrent("simpleRNN"), recurrent("gru"), recurrent("lstm"))
  .chain(({ shapes, ...layer }) =>
    fc.constantFrom("concat", "sum", "mul", "ave", null).map((mergeMode) => ({
      make: "bidirectional",
      shapes,
      // tf.js cannot merge the outputs of layers that give states beside a last step
      config: { layer: { ...layer, config: { ...layer.config, returnState: false } }, mergeMode },
    })),
  );

export const video: fc.Arbitrary<Case> = fc
  .record({
    spatial: times(extent, 2),
    steps: size,
    depth: channels,
    config: fc.record({
      filters: size,
      kernelSize: times(size, 2),
      strides: times(size, 2),
      padding,
      useBias,
      activation: gate,
      recurrentActivation: gate,
      dataFormat: fc.constantFrom("channelsLast", "channelsFirst"),
      goBackwards: fc.boolean(),
      returnSequences: fc.boolean(),
      returnState: fc.boolean(),
    }),
  })
  .map(({ spatial, steps, depth, config }) => {
    const image = config.dataFormat === "channelsFirst" ? [depth, ...spatial] : [...spatial, depth];
    return { make: "convLstm2d", shapes: [[steps, ...image]], config: { ...config, ...start } };
  });
