/** The pipeline: read the tf.js model, translate its layers, simplify, check, serialize. */
import { OptionError } from "./errors.js";
import { GraphBuilder } from "./ir/builder.js";
import { checkGraph } from "./ir/check.js";
import { assignNames } from "./ir/names.js";
import type { Graph, Value } from "./ir/types.js";
import { runPasses } from "./passes/run.js";
import { STANDARD_PASSES } from "./passes/standard.js";
import { serialize } from "./proto/serialize.js";
import { type LayersModelLike, readLayersModel } from "./source/layers-model.js";
import type { SourceModel } from "./source/types.js";
import { TRANSLATORS } from "./translate/registry.js";
import { declareInputs, translateModel } from "./translate/translate.js";
import type { Translators } from "./translate/types.js";
import { PRODUCER } from "./version.js";

export interface ExportOptions {
  /** Names of the graph's inputs, in the model's order; by default those of its input layers. */
  inputNames?: readonly string[];
  /** Names of the graph's outputs, in the model's order; by default those of their layers. */
  outputNames?: readonly string[];
  /** Name of the graph; by default the model's. */
  graphName?: string;
  /** Translators for more layer classes, or in place of built-in ones, by class name. */
  translators?: Translators;
  /**
   * Writes recurrent layers step by step, in place of the operators RNN, GRU and LSTM: larger, and
   * run by every provider. WebGPU's operators (ONNX Runtime 1.30) refuse tf.js' default recurrent
   * activation, hardSigmoid.
   */
  unrollRecurrent?: boolean;
  /** Free text to store in the file, by key. */
  metadata?: Readonly<Record<string, string>>;
}

export interface ExportedModel {
  /** The ONNX file. */
  bytes: Uint8Array;
  /** What is in it; `printGraph` makes it readable. */
  graph: Graph;
}

/**
 * A tf.js LayersModel as ONNX: opset 17, IR version 8, open batch size, float32, tensors in the
 * layout that tf.js has. The same model gives the same bytes.
 *
 * Throws SourceError for what is no LayersModel, UnsupportedModelError listing every part without
 * an exact translation, OptionError for names that do not fit the model.
 */
export function exportOnnx(model: LayersModelLike, options: ExportOptions = {}): ExportedModel {
  return exportSource(readLayersModel(model), options);
}

/** `exportOnnx` for a model that has been read already. */
export function exportSource(source: SourceModel, options: ExportOptions): ExportedModel {
  const g = new GraphBuilder(options.graphName ?? source.name, options.metadata);
  const names = borderNames(source, options);
  const outputs = translateInto(g, source, names.inputs, options);
  for (const [index, output] of outputs.entries()) {
    g.output(names.outputs[index] as string, output);
  }
  return finish(g);
}

/** Declares the model's inputs and translates the model; outputs are left to the caller. */
export function translateInto(
  g: GraphBuilder,
  source: SourceModel,
  inputNames: readonly string[],
  { translators = {}, unrollRecurrent }: ExportOptions = {},
): Value[] {
  const inputs = declareInputs(source, inputNames, g);
  return translateModel(source, inputs, g, { ...TRANSLATORS, ...translators }, { unrollRecurrent });
}

/** Simplifies, checks and writes down what a builder holds. */
export function finish(g: GraphBuilder): ExportedModel {
  const graph = g.build();
  runPasses(graph, STANDARD_PASSES);
  assignNames(graph);
  checkGraph(graph);
  return { bytes: serialize(graph, PRODUCER), graph };
}

function borderNames(source: SourceModel, { inputNames, outputNames }: ExportOptions) {
  const inputs = inputNames ?? source.inputNames;
  const outputs = outputNames ?? distinct(source.outputNames, inputs);
  needNames("inputNames", inputs, source.inputNames);
  needNames("outputNames", outputs, source.outputNames);
  const all = [...inputs, ...outputs];
  const twice = all.find((name, index) => name === "" || all.indexOf(name) !== index);
  if (twice === undefined) return { inputs, outputs };
  throw new OptionError(
    `Names of inputs and outputs must be unique and not empty, got ${all.map((name) => `"${name}"`).join(", ")}.`,
  );
}

function needNames(option: string, names: readonly string[], layers: readonly string[]): void {
  if (names.length === layers.length) return;
  throw new OptionError(
    `options.${option}: the model has ${layers.length} (${layers.join(", ")}), got ${names.length} names.`,
  );
}

/** Layer names with a number behind those that are taken: a layer can give several outputs. */
function distinct(names: readonly string[], taken: readonly string[]): string[] {
  const used = new Set(taken);
  return names.map((wish) => {
    let name = wish;
    for (let number = 2; used.has(name); number++) name = `${wish}_${number}`;
    used.add(name);
    return name;
  });
}
