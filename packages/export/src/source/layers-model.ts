/**
 * Reads a tf.js LayersModel that is in memory, by its structure alone: nothing of tf.js is imported,
 * so that a model of any copy of it (plain, or the one inside tfjs-node) can be read.
 */
import { SourceError } from "../errors.js";
import type { SourceCall, SourceLayer, SourceModel, SourceTensor, SourceValue } from "./types.js";
import { type FindStored, readWeights, type TensorLike } from "./weights.js";

/** What is used of `tf.SymbolicTensor`. */
export interface SymbolicTensorLike {
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
  readonly sourceLayer: LayerLike;
  readonly nodeIndex: number;
}

/** What is used of `tf.layers.Layer`. */
export interface LayerLike {
  readonly name: string;
  getClassName(): string;
  getConfig(): object;
  getWeights(): readonly TensorLike[];
  readonly weights: readonly { readonly originalName: string }[];
  readonly dataFormat?: unknown;
  /** Of recurrent layers. */
  readonly cell?: LayerLike;
  /** Of StackedRNNCells. */
  readonly cells?: readonly LayerLike[];
  /** Of TimeDistributed. */
  readonly layer?: LayerLike;
  /** Of Bidirectional, which runs copies of its `layer`. */
  readonly forwardLayer?: LayerLike;
  readonly backwardLayer?: LayerLike;
  readonly inboundNodes: readonly {
    readonly inputTensors: readonly SymbolicTensorLike[];
    readonly outputTensors: readonly SymbolicTensorLike[];
  }[];
}

/** What is used of `tf.LayersModel` (and `tf.Sequential`). */
export interface LayersModelLike extends LayerLike {
  readonly inputs: readonly SymbolicTensorLike[];
  readonly outputs: readonly SymbolicTensorLike[];
  /** The topology, with the version of tfjs-layers in `keras_version`. */
  toJSON?(unused: undefined, returnString: false): unknown;
}

/** The model as plain data. Throws SourceError where it is no LayersModel, or an empty one. */
export function readLayersModel(model: LayersModelLike, elsewhere?: FindStored): SourceModel {
  if (!isModel(model)) {
    throw new SourceError(
      `Expected a tf.js LayersModel, got ${typeof model === "object" ? "another object" : String(model)}. ` +
        "Pass what tf.model, tf.sequential or tf.loadLayersModel returns; a GraphModel has no layers to export.",
    );
  }
  return { ...new ModelReader(elsewhere).read(model), tfjsLayersVersion: versionOf(model) };
}

/** "4.22.0" of "tfjs-layers 4.22.0". The configuration stays out: making it warns of call arguments. */
function versionOf(model: LayersModelLike): string | undefined {
  const bare: LayersModelLike = Object.create(model, { getConfig: { value: () => ({}) } });
  const topology = bare.toJSON?.(undefined, false) as { keras_version?: unknown } | undefined;
  const written = topology?.keras_version;
  return /^tfjs-layers (.+)$/.exec(String(written))?.[1];
}

class ModelReader {
  /** Layers already read: a shared layer stays one. */
  readonly #layers = new Map<LayerLike, SourceLayer>();
  readonly #elsewhere: FindStored | undefined;

  constructor(elsewhere: FindStored | undefined) {
    this.#elsewhere = elsewhere;
  }

  read(model: LayersModelLike): SourceModel {
    if (model.outputs.length === 0) {
      throw new SourceError(`Model "${model.name}" has no layers. Add some before exporting it.`);
    }
    const values = new Map<SymbolicTensorLike, SourceValue>();
    const calls: SourceCall[] = [];
    const inputs = model.inputs.map((tensor) => remember(values, tensor));
    for (const output of model.outputs) this.#visit(output, values, calls);
    return {
      name: nameOf(model),
      inputs,
      outputs: model.outputs.map((tensor) => remember(values, tensor)),
      inputNames: model.inputs.map((tensor) => nameOf(tensor.sourceLayer)),
      outputNames: model.outputs.map((tensor) => nameOf(tensor.sourceLayer)),
      calls,
    };
  }

  /** Appends the call that makes a tensor, after the calls that make its inputs. */
  #visit(
    tensor: SymbolicTensorLike,
    values: Map<SymbolicTensorLike, SourceValue>,
    calls: SourceCall[],
  ): void {
    if (values.has(tensor)) return;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex];
    if (node === undefined || node.inputTensors.includes(tensor)) {
      throw new SourceError(
        `Tensor of layer "${layer.name}" is not reached from the model's inputs. Rebuild the model with tf.model.`,
      );
    }
    for (const input of node.inputTensors) this.#visit(input, values, calls);
    calls.push({
      layer: this.#layer(layer),
      inputs: node.inputTensors.map((input) => remember(values, input)),
      outputs: node.outputTensors.map((output) => remember(values, output)),
    });
  }

  #layer(layer: LayerLike): SourceLayer {
    const known = this.#layers.get(layer);
    if (known !== undefined) return known;
    const nested = isModel(layer);
    const inside = innerLayers(layer);
    const inner = inside.map((each) => this.#layer(each));
    // A wrapper's weights are those inside it: they are not read twice.
    const wrapped = inside.reduce((count, { weights }) => count + weights.length, 0);
    const own = inside.length === 0 || wrapped !== layer.weights.length;
    const read: SourceLayer = {
      name: nameOf(layer),
      className: layer.getClassName(),
      config: nested ? {} : configOf(layer),
      weights: nested ? {} : own ? readWeights(layer, this.#elsewhere) : weightsOf(inner),
      inner,
      ...(nested ? { model: this.read(layer) } : {}),
    };
    this.#layers.set(layer, read);
    return read;
  }
}

/** A file can call a layer by something that is no text. */
function nameOf({ name }: LayerLike): string {
  if (typeof name === "string" && name !== "") return name;
  throw new SourceError(
    `A layer or the model is named ${JSON.stringify(name)}. Give it a text, such as "encoder".`,
  );
}

function innerLayers(layer: LayerLike): LayerLike[] {
  const { cell, cells, layer: wrapped, forwardLayer, backwardLayer } = layer;
  const around = forwardLayer === undefined ? [wrapped] : [forwardLayer, backwardLayer];
  return [cell, ...(Array.isArray(cells) ? cells : []), ...around].filter(isLayer);
}

/** A layer of any class may have a `cell` of another kind. */
function isLayer(value: LayerLike | undefined): value is LayerLike {
  return typeof value?.getClassName === "function" && typeof value.getWeights === "function";
}

function weightsOf(layers: readonly SourceLayer[]): Record<string, SourceTensor> {
  return Object.fromEntries(layers.flatMap(({ weights }) => Object.entries(weights)));
}

/** What `getConfig` gives, and the data format where that leaves it out (Conv1D). */
function configOf(layer: LayerLike): Record<string, unknown> {
  const { dataFormat } = layer;
  return { ...(dataFormat == null ? {} : { dataFormat }), ...layer.getConfig() };
}

function remember(
  values: Map<SymbolicTensorLike, SourceValue>,
  tensor: SymbolicTensorLike,
): SourceValue {
  const known = values.get(tensor);
  if (known !== undefined) return known;
  const value: SourceValue = { shape: [...tensor.shape], dtype: tensor.dtype };
  values.set(tensor, value);
  return value;
}

/** Whether it is one that `readLayersModel` takes. */
export function isModel(value: unknown): value is LayersModelLike {
  const candidate = value as Partial<LayersModelLike> | null | undefined;
  return (
    Array.isArray(candidate?.inputs) &&
    Array.isArray(candidate.outputs) &&
    typeof candidate.getClassName === "function"
  );
}
