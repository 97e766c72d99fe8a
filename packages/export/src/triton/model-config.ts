/**
 * Triton's `config.pbtxt`: the fields of its `ModelConfig` message that a model folder needs, and their text form.
 * Names are those of https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */

export type TritonDataType = "TYPE_FP32" | "TYPE_FP16";

/** An input or output; `dims` leave the batch out. */
export interface ModelTensor {
  name: string;
  data_type: TritonDataType;
  dims: readonly number[];
}

/** How single requests join into batches. */
export interface DynamicBatching {
  preferred_batch_size: readonly number[];
  max_queue_delay_microseconds: number;
}

/** An entry of a map: a model's tensor (`key`) and the ensemble's (`value`). */
export interface MapEntry {
  key: string;
  value: string;
}

/** One model of an ensemble. */
export interface EnsembleStep {
  model_name: string;
  /** -1: the newest. */
  model_version: number;
  input_map: readonly MapEntry[];
  output_map: readonly MapEntry[];
}

interface Model {
  name: string;
  max_batch_size: number;
  input: readonly ModelTensor[];
  output: readonly ModelTensor[];
}

/** A graph that a backend runs. Without `instance_group`, Triton uses every GPU, or else the CPU. */
export interface BackendModel extends Model {
  backend: "onnxruntime";
  dynamic_batching: DynamicBatching;
}

/** Models that feed one another. */
export interface EnsembleModel extends Model {
  platform: "ensemble";
  ensemble_scheduling: { step: readonly EnsembleStep[] };
}

/** The config.pbtxt of a model: one that a backend runs, or an ensemble of such. */
export type ModelConfig = BackendModel | EnsembleModel;

/** The one field here that holds the name of an enum's value, which the text form does not quote. */
const ENUM = "data_type";

/** The config in protobuf's text format: https://protobuf.dev/reference/protobuf/textformat-spec/ */
export function printModelConfig(config: ModelConfig): string {
  return `${printFields(config, "").join("\n")}\n`;
}

function printFields(message: object, indent: string): string[] {
  return Object.entries(message).flatMap(([name, value]) => printField(name, value, indent));
}

function printField(name: string, value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === "number")) {
      return [`${indent}${name}: [${value.join(", ")}]`];
    }
    return value.flatMap((item) => printField(name, item, indent));
  }
  if (typeof value === "object" && value !== null) {
    return [`${indent}${name} {`, ...printFields(value, `${indent}  `), `${indent}}`];
  }
  return [`${indent}${name}: ${name === ENUM ? value : JSON.stringify(value)}`];
}
