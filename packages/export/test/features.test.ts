/** Every layer class of tf.js and its options: exported and compared, or refused; and FEATURES.md. */
import { exportOnnx, UnsupportedModelError } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { TRANSLATORS } from "../src/translate/registry.js";
import { convolution } from "./features/convolution.js";
import { core } from "./features/core.js";
import { merge } from "./features/merge.js";
import { pooling } from "./features/pooling.js";
import { recurrent } from "./features/recurrent.js";
import { shape } from "./features/shape.js";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { catchError } from "./support/errors.js";
import { type Feature, renderFeatures } from "./support/features.js";
import { tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

const features = [...core, ...convolution, ...merge, ...pooling, ...recurrent, ...shape];

/** What became of each row: why it was refused, or null where it was not. */
const outcomes = new Map<Feature, string | null>();

/** The layer classes that tf.js can read from a file. */
const classes = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
  .filter(([, [registered]]) => registered.prototype instanceof tfl.layers.Layer)
  .map(([name]) => name);

describe.each(features)("$layer, $option", (feature) => {
  const { layer, model, refused, compare: options } = feature;
  test(refused ? "is refused" : "is exact", async () => {
    if (!refused) {
      await compare(model(), options);
      outcomes.set(feature, null);
      return;
    }
    const error = catchError(() => exportOnnx(model()));
    expect(error).toBeInstanceOf(UnsupportedModelError);
    const part = (error as UnsupportedModelError).parts.find((each) => each.className === layer);
    expect(part).toBeDefined();
    outcomes.set(feature, part?.reason ?? "");
  });
});

test("every layer class of tf.js 4.22 has a row and a translation, be it a refusal", () => {
  expect(classes).toHaveLength(69);
  const rowed = new Set(features.map(({ layer }) => layer));
  expect([...rowed].sort()).toEqual([...classes].sort());
  const structure = ["Functional", "InputLayer", "Model", "Sequential"];
  expect([...Object.keys(TRANSLATORS), ...structure].sort()).toEqual([...classes].sort());
});

test("FEATURES.md is what was found", async () => {
  await expect(renderFeatures(outcomes)).toMatchFileSnapshot("../FEATURES.md");
});
