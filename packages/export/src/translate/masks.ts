/** Masks: which tf.js makes beside the tensors and hands to the layers behind. */
import type { SourceLayer, SourceModel } from "../source/types.js";

/**
 * The first layer of a model, or of one inside it, that makes a mask. One is enough: tf.js (4.22,
 * `execute` in engine/executor.ts) hands a mask to every layer that it computes later, joined to it
 * or not.
 */
export function maskMakerOf(model: SourceModel): string | undefined {
  for (const { layer } of model.calls) {
    const maker = makesMask(layer) ? layer.name : layer.model && maskMakerOf(layer.model);
    if (maker !== undefined) return maker;
  }
  return undefined;
}

function makesMask({ className, config }: SourceLayer): boolean {
  return className === "Masking" || (className === "Embedding" && config.maskZero === true);
}
