/** Layers that join inputs: what each option of each class comes to. */
import { type Feature, refused, rows } from "../support/features.js";
import { randomise, tfl } from "../support/tf.js";

const { layers } = tfl;

/** A model of one layer that joins inputs of these shapes. */
export function joined(
  shapes: readonly (readonly number[])[],
  make: () => tfl.layers.Layer,
): () => tfl.LayersModel {
  return () => {
    const inputs = shapes.map((shape, index) =>
      tfl.input({ name: `x${index}`, shape: [...shape] }),
    );
    const outputs = make().apply(inputs) as tfl.SymbolicTensor;
    return randomise(tfl.model({ name: "model", inputs, outputs }));
  };
}

const image = [4, 5, 3];
const elementwise = (make: () => tfl.layers.Layer) => ({
  "equal shapes": joined([image, image, image], make),
  "sizes of 1": joined([image, [1, 1, 3]], make),
  "other ranks": joined([[3], image], make),
});

export const merge: Feature[] = [
  ...rows(
    "Add",
    elementwise(() => layers.add()),
  ),
  ...rows(
    "Average",
    elementwise(() => layers.average()),
  ),
  ...rows(
    "Maximum",
    elementwise(() => layers.maximum()),
  ),
  ...rows(
    "Minimum",
    elementwise(() => layers.minimum()),
  ),
  ...rows(
    "Multiply",
    elementwise(() => layers.multiply()),
  ),
  ...rows("Concatenate", {
    "axis -1": joined(
      [
        [4, 2],
        [4, 3],
      ],
      () => layers.concatenate(),
    ),
    "axis 1": joined(
      [
        [2, 4],
        [3, 4],
      ],
      () => layers.concatenate({ axis: 1 }),
    ),
    "axis -2": refused(
      joined(
        [
          [2, 4],
          [3, 4],
        ],
        () => layers.concatenate({ axis: -2 }),
      ),
    ),
    "axis 0": refused(joined([[4], [4]], () => layers.concatenate({ axis: 0 }))),
  }),
  ...rows("Dot", {
    "axes, vectors": joined([[4], [4]], () => layers.dot({ axes: 1 })),
    "axes, matrices": joined(
      [
        [2, 4],
        [3, 4],
      ],
      () => layers.dot({ axes: [2, 2] }),
    ),
    "axes, a matrix and a vector": joined([[2, 4], [4]], () => layers.dot({ axes: [2, 1] })),
    normalize: joined(
      [
        [2, 4],
        [3, 4],
      ],
      () => layers.dot({ axes: -1, normalize: true }),
    ),
  }),
];
