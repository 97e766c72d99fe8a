/** What a translator is. */
import type { GraphBuilder } from "../ir/builder.js";
import type { Value } from "../ir/types.js";
import type { SourceLayer } from "../source/types.js";

/**
 * Writes one use of a layer into the graph: takes the values of its inputs, gives those of its
 * outputs, which must have the shapes that tf.js computed. Throws UnsupportedError for what it
 * cannot do exactly.
 */
export type Translator = (
  layer: SourceLayer,
  inputs: readonly Value[],
  g: GraphBuilder,
) => readonly Value[];

/** Translators by the serialized class name of the layers they take. */
export type Translators = Readonly<Record<string, Translator>>;
