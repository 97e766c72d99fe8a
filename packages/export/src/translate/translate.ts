/** Walks a model and lets the translator of each layer write it into the graph. */
import {
  TranslationError,
  UnsupportedError,
  UnsupportedModelError,
  type UnsupportedPart,
} from "../errors.js";
import type { GraphBuilder } from "../ir/builder.js";
import { sourceShape } from "../ir/layout.js";
import { BATCH, type Dim, type Value } from "../ir/types.js";
import type { SourceCall, SourceLayer, SourceModel, SourceValue } from "../source/types.js";
import type { Translators } from "./types.js";

/**
 * Writes a model into the graph and gives the values of its outputs. Throws UnsupportedModelError,
 * which lists every part that has no translation, and TranslationError where a translator fails or
 * gives other shapes than tf.js computes.
 */
export function translateModel(
  model: SourceModel,
  inputs: readonly Value[],
  g: GraphBuilder,
  translators: Translators,
): Value[] {
  const walk = new Walk(g, translators);
  const outputs = walk.model(model, inputs);
  if (walk.unsupported.length > 0) throw new UnsupportedModelError(model.name, walk.unsupported);
  return outputs;
}

/**
 * Declares a model's inputs, [N, ...] whatever batch size the model was built with. Throws
 * UnsupportedModelError for an input with another open size, or of another type than float32.
 */
export function declareInputs(
  model: SourceModel,
  names: readonly string[],
  g: GraphBuilder,
): Value[] {
  const unsupported: UnsupportedPart[] = [];
  for (const [index, { shape, dtype }] of model.inputs.entries()) {
    const note = (reason: string) =>
      unsupported.push({ layer: model.inputNames[index] ?? "", className: "InputLayer", reason });
    if (shape.slice(1).includes(null)) {
      const sizes = shape.map((size) => size ?? "?").join(", ");
      note(`shape [${sizes}] has open sizes beside the batch; give the full inputShape`);
    }
    if (dtype !== "float32") note(`dtype ${dtype} is not supported (float32)`);
  }
  if (unsupported.length > 0) throw new UnsupportedModelError(model.name, unsupported);
  return model.inputs.map((input, index) => g.input(names[index] as string, graphShape(input)));
}

/** The shape of a graph value for a tensor of the model: the batch is always open. */
function graphShape({ shape }: SourceValue): Dim[] {
  return shape.map((size, axis) => (axis === 0 ? BATCH : (size ?? `axis_${axis}`)));
}

class Walk {
  readonly unsupported: UnsupportedPart[] = [];
  readonly #g: GraphBuilder;
  readonly #translators: Translators;

  constructor(g: GraphBuilder, translators: Translators) {
    this.#g = g;
    this.#translators = translators;
  }

  model(model: SourceModel, inputs: readonly Value[]): Value[] {
    const values = new Map<SourceValue, Value>();
    const bind = (tensors: readonly SourceValue[], made: readonly Value[]) => {
      for (const [index, tensor] of tensors.entries()) values.set(tensor, made[index] as Value);
    };
    const take = (tensors: readonly SourceValue[]) =>
      tensors.map((tensor) => values.get(tensor) as Value);
    bind(model.inputs, inputs);
    for (const call of model.calls) {
      const taken = take(call.inputs);
      bind(
        call.outputs,
        this.#g.scope(call.layer.name, () => this.#call(call, taken)),
      );
    }
    return take(model.outputs);
  }

  #call(call: SourceCall, inputs: readonly Value[]): readonly Value[] {
    try {
      const outputs = this.#translate(call.layer, inputs);
      needShapes(outputs, call.outputs);
      return outputs;
    } catch (error) {
      const { className } = call.layer;
      if (error instanceof TranslationError) throw error;
      if (error instanceof UnsupportedError) {
        this.#note({ layer: this.#g.path, className, reason: error.message });
        return call.outputs.map((output) => this.#placeholder(output));
      }
      const problem = error instanceof Error ? error.message : String(error);
      throw new TranslationError(this.#g.path, className, problem, { cause: error });
    }
  }

  #translate(layer: SourceLayer, inputs: readonly Value[]): readonly Value[] {
    if (Object.hasOwn(this.#translators, layer.className)) {
      const translator = this.#translators[layer.className];
      if (translator !== undefined) return translator(layer, inputs, this.#g);
    }
    if (layer.model !== undefined) return this.model(layer.model, inputs);
    throw new UnsupportedError("no translator for this class");
  }

  /** A shared layer is named once. */
  #note(part: UnsupportedPart): void {
    const known = this.unsupported.some(
      ({ layer, reason }) => layer === part.layer && reason === part.reason,
    );
    if (!known) this.unsupported.push(part);
  }

  /** Stands for what an unsupported layer would give, so that the rest is looked at too. */
  #placeholder(output: SourceValue): Value {
    return this.#g.node("Unsupported", [], { shape: graphShape(output) });
  }
}

/** Holds a translator to the shapes that tf.js computes, where it knows them. */
function needShapes(values: readonly Value[], tensors: readonly SourceValue[]): void {
  const fits =
    values.length === tensors.length &&
    values.every((value, index) => fitsShape(sourceShape(value), tensors[index] as SourceValue));
  if (fits) return;
  const got = values.map((value) => `[${sourceShape(value).join(", ")}]`).join(" and ");
  const expected = tensors.map((tensor) => `[${graphShape(tensor).join(", ")}]`).join(" and ");
  throw new Error(`the translation has shape ${got}, tf.js computes ${expected}`);
}

function fitsShape(shape: readonly Dim[], { shape: expected }: SourceValue): boolean {
  if (shape.length !== expected.length || shape[0] !== BATCH) return false;
  return shape.every(
    (size, axis) => axis === 0 || expected[axis] === null || size === expected[axis],
  );
}
