/** The two ensembles of a VAE: which tensors go from graph to graph on Triton's side. */
import type { EnsembleModel, EnsembleStep, ModelConfig, ModelTensor } from "./model-config.js";

/** The configs of the three graphs. */
export interface GraphConfigs {
  encoder: ModelConfig;
  decoder: ModelConfig;
  score: ModelConfig;
}

/** x -> encoder -> its mean as z -> decoder -> reconstruction. */
export function reconstructEnsemble(name: string, graphs: GraphConfigs): EnsembleModel {
  const { encoder, decoder } = graphs;
  const outputs = ["reconstruction"];
  return ensemble(name, graphs, pick(decoder.output, outputs), [
    step(encoder, ["mean"]),
    step(decoder, outputs),
  ]);
}

/** x -> encoder -> its mean as z -> decoder -> score -> distortion and rate at the mean, nats. */
export function scoreEnsemble(name: string, graphs: GraphConfigs): EnsembleModel {
  const { encoder, decoder, score } = graphs;
  const needed = new Set(["mean", ...score.input.map((tensor) => tensor.name)]);
  const outputs = ({ output }: ModelConfig) =>
    output.map((tensor) => tensor.name).filter((tensor) => needed.has(tensor));
  return ensemble(name, graphs, score.output, [
    step(encoder, outputs(encoder)),
    step(decoder, outputs(decoder)),
    step(
      score,
      score.output.map((tensor) => tensor.name),
    ),
  ]);
}

/** It takes what encoder and decoder take: x, and where there are classes the label. */
function ensemble(
  name: string,
  { encoder, decoder }: GraphConfigs,
  output: readonly ModelTensor[],
  steps: readonly EnsembleStep[],
): EnsembleModel {
  const more = decoder.input.filter(
    (tensor) => tensor.name !== "z" && !encoder.input.some(({ name }) => name === tensor.name),
  );
  return {
    name,
    platform: "ensemble",
    max_batch_size: encoder.max_batch_size,
    input: [...encoder.input, ...more],
    output,
    ensemble_scheduling: { step: steps },
  };
}

/** Tensors carry their names through the ensemble; only z has another there, the mean it is set to. */
function step({ name, input }: ModelConfig, outputs: readonly string[]): EnsembleStep {
  return {
    model_name: name,
    model_version: -1,
    input_map: input.map(({ name: key }) => ({ key, value: key === "z" ? "mean" : key })),
    output_map: outputs.map((key) => ({ key, value: key })),
  };
}

function pick(tensors: readonly ModelTensor[], names: readonly string[]): ModelTensor[] {
  return tensors.filter(({ name }) => names.includes(name));
}
