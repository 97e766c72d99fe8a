/** The pipeline: read the tf.js model, translate its layers, simplify, check, serialize. */
import {
  borderNames,
  type ImageLayout,
  joinMetadata,
  needOpset,
  needOptions,
  needPrecision,
  type Precision,
  tensorLayout,
} from "./export-options.js";
import { GraphBuilder } from "./ir/builder.js";
import { checkGraph } from "./ir/check.js";
import { assignNames } from "./ir/names.js";
import type { Graph, Value } from "./ir/types.js";
import { quantiseWeights } from "./passes/quantise-weights.js";
import { runStandardPasses } from "./passes/standard.js";
import { toFloat16 } from "./passes/to-float16.js";
import { serialize } from "./proto/serialize.js";
import { type LayersModelLike, readLayersModel } from "./source/layers-model.js";
import type { SourceModel } from "./source/types.js";
import { TRANSLATORS } from "./translate/registry.js";
import { declareInputs, translateModel } from "./translate/translate.js";
import type { Translators } from "./translate/types.js";
import { PRODUCER } from "./version.js";

/** How a graph differs from what the model alone would give. */
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
  /** Version of the ONNX operator set, 17 (the default) to 21; IR version 8, from opset 19 on 9, 21: 10. */
  opset?: number;
  /**
   * Layout of the graph's image inputs and outputs: "NHWC" (the default) as the model has them,
   * [N, H, W, C], or "NCHW", [N, C, H, W]. Tensors that do not have four axes stay as they are.
   */
  layout?: ImageLayout;
  /**
   * "float16": weights and computing. "int8": weights of convolutions, dense and recurrent layers and
   * embeddings, with a scale per channel; computing stays float32. What that does to the numbers depends on
   * the model: measure it (`--precision` of the command does).
   */
  precision?: Precision;
  /** Type of inputs and outputs where `precision` is "float16"; "float32" by default. */
  borderPrecision?: "float32" | "float16";
  /**
   * Free text to store in the file, by key; `tfjs_layers_version` is there already, and
   * `source_sha256` for a model that was read from files: those keys are an OptionError.
   */
  metadata?: Readonly<Record<string, string>>;
}

/** An ONNX file, and the graph that it holds. */
export interface ExportedModel {
  /** The ONNX file. */
  bytes: Uint8Array;
  /** What is in it; `printGraph` makes it readable. */
  graph: Graph;
}

/**
 * A tf.js LayersModel as ONNX: opset 17, IR version 8, open batch size, float32, tensors in the
 * layout that tf.js has, unless the options say otherwise. The same model gives the same bytes.
 *
 * Throws SourceError for what is no LayersModel, UnsupportedModelError listing every part without
 * an exact translation, OptionError for options that do not fit the model.
 */
export function exportOnnx(model: LayersModelLike, options: ExportOptions = {}): ExportedModel {
  const graph = sourceGraph(readLayersModel(model), needOptions(options));
  return { bytes: serialize(graph, PRODUCER), graph };
}

/** The finished graph of a model, not yet written. */
export function sourceGraph(source: SourceModel, options: ExportOptions): Graph {
  const g = startGraph(options.graphName ?? source.name, source, options);
  const names = borderNames(source, options);
  const outputs = translateInto(g, source, names.inputs, options);
  for (const [index, output] of outputs.entries()) {
    const layout = tensorLayout(source, output.shape.length, options);
    g.output(names.outputs[index] as string, output, layout);
  }
  return finishGraph(g, options);
}

/** An empty graph for what a model gives, with its metadata. */
export function startGraph(
  name: string,
  { tfjsLayersVersion }: Pick<SourceModel, "tfjsLayersVersion">,
  { metadata, opset }: { [K in "metadata" | "opset"]?: ExportOptions[K] | undefined } = {},
): GraphBuilder {
  const version = tfjsLayersVersion === undefined ? {} : { tfjs_layers_version: tfjsLayersVersion };
  return new GraphBuilder(name, {
    metadata: joinMetadata(version, metadata),
    ...(opset === undefined ? {} : { opset: needOpset(opset) }),
  });
}

/** Declares the model's inputs and translates the model; outputs are left to the caller. */
export function translateInto(
  g: GraphBuilder,
  source: SourceModel,
  inputNames: readonly string[],
  { translators = {}, unrollRecurrent, layout }: ExportOptions = {},
): Value[] {
  const layouts = source.inputs.map(({ shape }) => tensorLayout(source, shape.length, { layout }));
  const inputs = declareInputs(source, inputNames, g, layouts);
  return translateModel(source, inputs, g, { ...TRANSLATORS, ...translators }, { unrollRecurrent });
}

/** Simplifies, checks and writes down what a builder holds. */
export function finish(g: GraphBuilder, options: PrecisionOptions = {}): ExportedModel {
  const graph = finishGraph(g, options);
  return { bytes: serialize(graph, PRODUCER), graph };
}

type PrecisionOptions = Pick<ExportOptions, "precision" | "borderPrecision">;

/** The graph that a builder holds: simplified, in the precision asked for, and checked. */
function finishGraph(
  g: GraphBuilder,
  { precision = "float32", borderPrecision }: PrecisionOptions = {},
): Graph {
  needPrecision(precision, borderPrecision);
  const graph = g.build();
  runStandardPasses(graph);
  if (precision === "float16") toFloat16(graph, borderPrecision ?? "float32");
  if (precision === "int8") quantiseWeights(graph);
  assignNames(graph);
  checkGraph(graph);
  return graph;
}
