/** Pooling: what each option of each class comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { sequential, tfl } from "../support/tf.js";

const { layers } = tfl;

type Pool = (config: object) => tfl.layers.Layer;

const windows = (make: unknown, shape: readonly number[]) => {
  const of =
    (config: object, sizes = shape) =>
    () =>
      sequential(sizes, [(make as Pool)(config)]);
  return {
    "poolSize 2": of({}),
    "padding same": of({ poolSize: 3, strides: 2, padding: "same" }),
    strides: of({ poolSize: 2, strides: 3 }),
    "strides longer than poolSize, padding same": of({ poolSize: 2, strides: 3, padding: "same" }),
  };
};

const sequences = (make: unknown) => ({
  ...windows(make, [8, 3]),
  "open length": () => sequential([null, 3], [(make as Pool)({})]),
});

const formats = (make: unknown, shape: readonly number[]) => ({
  ...windows(make, shape),
  "dataFormat channelsFirst": () =>
    sequential(
      [...shape.slice(-1), ...shape.slice(0, -1)],
      [(make as Pool)({ dataFormat: "channelsFirst", poolSize: 3, strides: 1, padding: "same" })],
    ),
});

const cube = (make: unknown) => {
  const options = formats(make, [5, 6, 7, 2]);
  const gaps = refused(options["strides longer than poolSize, padding same"]);
  return { ...options, "strides longer than poolSize, padding same": gaps };
};

const global = (make: unknown, shape: readonly (number | null)[]) => () =>
  sequential(shape, [(make as Pool)({})]);
const globalFirst = (make: unknown, shape: readonly number[]) => () =>
  sequential(shape, [(make as Pool)({ dataFormat: "channelsFirst" })]);

export const pooling: Feature[] = [
  ...rows("AveragePooling1D", sequences(layers.averagePooling1d)),
  ...rows("AveragePooling2D", formats(layers.averagePooling2d, [7, 8, 3])),
  ...rows("AveragePooling3D", cube(layers.averagePooling3d)),
  ...rows("MaxPooling1D", sequences(layers.maxPooling1d)),
  ...rows("MaxPooling2D", formats(layers.maxPooling2d, [7, 8, 3])),
  ...rows("MaxPooling3D", cube(layers.maxPooling3d)),
  ...[layers.globalAveragePooling1d, layers.globalMaxPooling1d].flatMap((make, index) =>
    rows(index === 0 ? "GlobalAveragePooling1D" : "GlobalMaxPooling1D", {
      "by default": global(make, [5, 3]),
      "open length": global(make, [null, 3]),
    }),
  ),
  ...[layers.globalAveragePooling2d, layers.globalMaxPooling2d].flatMap((make, index) =>
    rows(index === 0 ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D", {
      "dataFormat channelsLast": global(make, [4, 5, 3]),
      "dataFormat channelsFirst": globalFirst(make, [3, 4, 5]),
    }),
  ),
];
