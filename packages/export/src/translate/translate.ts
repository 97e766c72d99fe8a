/** Walks a model and lets the translator of each layer write it into the graph. */
import {
  TranslationError,
  UnsupportedError,
  UnsupportedModelError,
  type UnsupportedPart,
} from "../errors.js";
import type { GraphBuilder } from "../ir/builder.js";
import { permutationTo, permuteList, sourceShape } from "../ir/layout.js";
import { BATCH, type Dim, type Layout, type Value } from "../ir/types.js";
import type { SourceCall, SourceLayer, SourceModel, SourceValue } from "../source/types.js";
import { maskMakerOf } from "./masks.js";
import { statesItsShapes } from "./preprocessing.js";
import type { TranslationContext, Translators } from "./types.js";

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
  { unrollRecurrent = false }: { unrollRecurrent?: boolean | undefined } = {},
): Value[] {
  const context = { maskedBy: maskMakerOf(model), unrollRecurrent };
  const walk = new Walk(g, translators, context, statesItsShapes(model));
  const outputs = walk.model(model, inputs);
  if (walk.unsupported.length > 0) throw new UnsupportedModelError(model.name, walk.unsupported);
  if (walk.failure !== undefined) throw walk.failure;
  return outputs;
}

/**
 * Declares a model's inputs, [N, ...] whatever batch size the model was built with, and [N, T, ...]
 * where it leaves the length of sequences open. Throws UnsupportedModelError for an input with another open size, or of
 * a type that is no number's.
 */
export function declareInputs(
  model: SourceModel,
  names: readonly string[],
  g: GraphBuilder,
  layouts: readonly Layout[] = [],
): Value[] {
  const unsupported: UnsupportedPart[] = [];
  for (const [index, { shape, dtype }] of model.inputs.entries()) {
    const note = (reason: string) =>
      unsupported.push({ layer: model.inputNames[index] ?? "", className: "InputLayer", reason });
    if (shape.slice(isSequence(shape) ? 2 : 1).includes(null)) {
      const sizes = shape.map((size) => size ?? "?").join(", ");
      note(
        `shape [${sizes}] has open sizes beside the batch and a sequence's length; give the full inputShape`,
      );
    }
    if (dtype !== "float32" && dtype !== "int32") {
      note(`dtype ${dtype} is not supported (float32 or int32)`);
    }
  }
  if (unsupported.length > 0) throw new UnsupportedModelError(model.name, unsupported);
  const shapes = inputShapes(model);
  return model.inputs.map((input, index) => {
    const dtype = input.dtype === "int32" ? "int32" : "float32";
    const layout = layouts[index] ?? "source";
    const shape = shapes[index] as Dim[];
    const permutation = permutationTo("channels-first", shape.length);
    const placed = layout === "source" ? shape : permuteList(shape, permutation);
    return g.input(names[index] as string, placed, dtype, layout);
  });
}

/** [N, T] or [N, T, C], whose length may be left open. */
function isSequence(shape: readonly (number | null)[]): boolean {
  return shape.length === 2 || shape.length === 3;
}

/** Shapes of the inputs; each open length has a name of its own. */
function inputShapes(model: SourceModel): Dim[][] {
  let lengths = 0;
  return model.inputs.map((input) =>
    graphShape(input).map((size, axis) => {
      if (axis === 0 || typeof size === "number") return size;
      lengths++;
      return lengths === 1 ? "T" : `T${lengths}`;
    }),
  );
}

/** The shape of a graph value for a tensor of the model: the batch is always open. */
function graphShape({ shape }: SourceValue): Dim[] {
  return shape.map((size, axis) => (axis === 0 ? BATCH : (size ?? `axis_${axis}`)));
}

class Walk {
  readonly unsupported: UnsupportedPart[] = [];
  /**
   * What went wrong first. It yields to unsupported parts, which can be the reason: some layers of
   * tf.js overwrite the shape of their input.
   */
  failure: TranslationError | undefined;
  readonly #g: GraphBuilder;
  readonly #translators: Translators;
  readonly #context: TranslationContext;
  readonly #shapesHold: boolean;

  constructor(
    g: GraphBuilder,
    translators: Translators,
    given: Omit<TranslationContext, "translate">,
    shapesHold: boolean,
  ) {
    this.#g = g;
    this.#shapesHold = shapesHold;
    this.#translators = translators;
    this.#context = { translate: (layer, inputs) => this.#inner(layer, inputs), ...given };
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
      needElements(call.outputs);
      const outputs = this.#translate(call.layer, inputs);
      if (this.#shapesHold) needShapes(outputs, call.outputs);
      return outputs;
    } catch (error) {
      const { className } = call.layer;
      if (error instanceof UnsupportedError) {
        this.#note({ layer: this.#g.path, className, reason: error.message });
      } else {
        const problem = error instanceof Error ? error.message : String(error);
        this.failure ??= new TranslationError(this.#g.path, className, problem, { cause: error });
      }
      return call.outputs.map((output) => this.#placeholder(output));
    }
  }

  #translate(layer: SourceLayer, inputs: readonly Value[]): readonly Value[] {
    if (Object.hasOwn(this.#translators, layer.className)) {
      const translator = this.#translators[layer.className];
      if (translator !== undefined) {
        return translator(layer, inputs, this.#g, this.#context);
      }
    }
    if (layer.model !== undefined) return this.model(layer.model, inputs);
    throw new UnsupportedError("no translator for this class");
  }

  /** A layer inside another, below its name. */
  #inner(layer: SourceLayer, inputs: readonly Value[]): readonly Value[] {
    return this.#g.scope(layer.name, () => this.#translate(layer, inputs));
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

/** Refuses what tf.js computes to nothing, such as a window larger than its image. */
function needElements(tensors: readonly SourceValue[]): void {
  const empty = tensors.find(({ shape }) => shape.slice(1).includes(0));
  if (empty === undefined) return;
  throw new UnsupportedError(
    `a result without elements is not supported ([${graphShape(empty).join(", ")}])`,
  );
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
  if (shape.length !== expected.length || typeof shape[0] !== "string") return false;
  return shape.every(
    (size, axis) => axis === 0 || expected[axis] === null || size === expected[axis],
  );
}
