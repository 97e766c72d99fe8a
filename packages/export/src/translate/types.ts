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
  context: TranslationContext,
) => readonly Value[];

/** What surrounds a layer. */
export interface TranslationContext {
  /** Hands a use of a layer inside this one to the translator of its class. */
  translate(layer: SourceLayer, inputs: readonly Value[]): readonly Value[];
  /** A layer of the model that makes a mask, which tf.js hands to layers behind it. */
  readonly maskedBy: string | undefined;
  /** Recurrent layers are to be written step by step. */
  readonly unrollRecurrent: boolean;
}

/** Translators by the serialized class name of the layers they take. */
export type Translators = Readonly<Record<string, Translator>>;
