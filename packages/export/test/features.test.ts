/** Every layer class of tf.js and its options: exported and compared, or refused; and FEATURES.md. */
import { exportOnnx, type Graph, printGraph, UnsupportedModelError } from "@vaeport/export";
import { describe, expect, test } from "vitest";
import { TRANSLATORS } from "../src/translate/registry.js";
import { features } from "./features/all.js";
import { checkAllWithOnnx, compare } from "./support/compare.js";
import { catchError } from "./support/errors.js";
import { type Feature, renderFeatures } from "./support/features.js";
import { tf, tfl } from "./support/tf.js";

checkAllWithOnnx();

/** What became of each row: why it was refused, or null where it was not. */
const outcomes = new Map<Feature, string | null>();

/** The layer classes that tf.js can read from a file. */
const classes = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
  .filter(([, [registered]]) => registered.prototype instanceof tfl.layers.Layer)
  .map(([name]) => name);

/** The row of a class whose graph is kept as text. */
function firstOf(layer: string): Feature | undefined {
  return features.find((feature) => feature.layer === layer && !feature.refused);
}

/** Without the numbers that tf.js gives names, which hang on what was made before. */
function textOf(graph: Graph): string {
  return printGraph(graph).replace(/_[A-Z]\w*?\d+(?=[/ ,)\]]|$)/gm, "");
}

describe.each(features)("$layer, $option", (feature) => {
  const { layer, model, refused, compare: options } = feature;
  test(refused ? "is refused" : "is exact", async () => {
    if (!refused) {
      const { graph } = await compare(model(), options);
      outcomes.set(feature, null);
      if (feature === firstOf(layer)) expect(textOf(graph)).toMatchSnapshot();
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
