/** `@vaeport/export`: tf.js LayersModels, variational autoencoders first, to ONNX. */
export {
  CheckError,
  ExportError,
  GraphError,
  MissingPackageError,
  OptionError,
  PassError,
  SourceError,
  TargetError,
  TranslationError,
  UnsupportedError,
  UnsupportedModelError,
  type UnsupportedPart,
} from "./errors.js";
export { type ExportedFiles, exportOnnxFile, type FileOptions } from "./export-file.js";
export { type ExportedModel, type ExportOptions, exportOnnx } from "./export-onnx.js";
export type { ImageLayout, Precision } from "./export-options.js";
export type { GraphBuilder, Output } from "./ir/builder.js";
export * as ops from "./ir/ops/index.js";
export { printGraph } from "./ir/print.js";
export type {
  Attribute,
  Attributes,
  Constant,
  DataType,
  Dim,
  FloatConstant,
  Graph,
  IntConstant,
  Layout,
  Node,
  Value,
} from "./ir/types.js";
export type { LayerLike, LayersModelLike, SymbolicTensorLike } from "./source/layers-model.js";
export { type LoadHandlerLike, loadLayersModel } from "./source/load.js";
export type { PlainTensor, RunnableModelLike } from "./source/tensorflow.js";
export type { SourceLayer, SourceModel, SourceTensor } from "./source/types.js";
export type { TensorLike } from "./source/weights.js";
export type { TranslationContext, Translator, Translators } from "./translate/types.js";
export type {
  BackendModel,
  DynamicBatching,
  EnsembleModel,
  EnsembleStep,
  MapEntry,
  ModelConfig,
  ModelTensor,
  TritonDataType,
} from "./triton/model-config.js";
export { printModelConfig } from "./triton/model-config.js";
export {
  type TritonModelName,
  type TritonOptions,
  type TritonRepository,
  tritonRepository,
  writeTritonRepository,
} from "./triton/repository.js";
export { assembleVae, type GraphPair } from "./vae/assemble.js";
export type { DescribeOptions } from "./vae/describe.js";
export {
  type ExportedVae,
  type ExportVaeOptions,
  exportVae,
  type TrainedVae,
} from "./vae/export-vae.js";
export { type WriteOptions, writeModelFolder } from "./vae/model-folder.js";
export type { Feeds, RunGraph } from "./vae/probe.js";
export { type ModelFolder, readModelFolder } from "./vae/read-model-folder.js";
export { readRun } from "./vae/run-folder.js";
