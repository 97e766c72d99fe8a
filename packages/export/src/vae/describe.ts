/** What an encoder and a decoder made elsewhere say about themselves, against each other and the caller's options. */
import type { DataSection, LikelihoodSection, ModelDescription } from "@vaeport/infer/manifest";
import { OptionError, SourceError } from "../errors.js";
import type { BorderTensor, GraphInterface } from "../proto/read-interface.js";
import { LIKELIHOODS } from "./likelihoods/index.js";

/** What graphs cannot tell. */
export interface DescribeOptions {
  name: string;
  description?: string;
  /** SPDX identifier; "NOASSERTION" by default. */
  license?: string;
  /** By default "flat" for one axis; for three, from where the 1, 3 or 4 channels are. */
  layout?: DataSection["layout"];
  /** Smallest and largest value of the data, [0, 1] by default. */
  range?: [number, number];
  binarised?: boolean;
  /** By default as the decoder's outputs have it: bernoulli for logits. */
  likelihood?: LikelihoodSection["name"];
  /** Fixed parameters of the likelihood, by name. */
  parameters?: Record<string, number>;
  /** Names of the classes, for graphs that take a label; "0", "1", ... by default. */
  classes?: readonly string[];
  dataset?: string;
  epochs?: number;
  /** Of the noise and the item of the check vector, 0 by default. */
  seed?: number;
}

interface Pair {
  encoder: GraphInterface;
  decoder: GraphInterface;
}

/** Throws SourceError where graphs lack what the format names, OptionError where options do not fit them. */
export function describeGraphs(pair: Pair, options: DescribeOptions): ModelDescription {
  const { encoder, decoder } = pair;
  needUsable(pair);
  const shape = itemShape(find(encoder.inputs, "x"));
  const [size] = itemShape(find(decoder.inputs, "z"));
  const label = [...encoder.inputs, ...decoder.inputs].find(({ name }) => name === "label");
  const posterior = encoder.outputs.some(({ name }) => name === "scale_tril") ? "full" : "diagonal";
  const { name, description = "", license = "NOASSERTION", seed = 0 } = options;
  const data: DataSection = {
    shape,
    layout: options.layout ?? guessLayout(shape),
    range: options.range ?? [0, 1],
    binarised: options.binarised ?? false,
  };
  return {
    name,
    description,
    license,
    data,
    latent: { size: size as number, posterior },
    likelihood: describeLikelihood(decoder, data, options),
    ...condition(label, options.classes),
    training: {
      dataset: options.dataset ?? "unknown",
      configHash: "none",
      seed,
      epochs: options.epochs ?? 0,
      versions: versions(pair),
      metrics: {},
    },
  };
}

/** Every name must be there before shapes can be compared. */
function needUsable({ encoder, decoder }: Pair): void {
  const problems = [
    ...missing("encoder", "input", encoder.inputs, [["x"]]),
    ...missing("encoder", "output", encoder.outputs, [["mean"], ["log_variance", "scale_tril"]]),
    ...missing("decoder", "input", decoder.inputs, [["z"]]),
    ...missing("decoder", "output", decoder.outputs, [["reconstruction"]]),
    ...Object.entries({ encoder, decoder }).flatMap(([name, { externalData }]) =>
      externalData ? [`${name}: weights lie in another file; put them inside.`] : [],
    ),
  ];
  if (problems.length === 0) return;
  throw new SourceError(
    `The graphs cannot be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n` +
      "Export them again; torch.onnx.export takes input_names, output_names and external_data.",
  );
}

/** A message for each group of names of which a graph has none. */
function missing(
  graph: string,
  kind: "input" | "output",
  tensors: readonly BorderTensor[],
  groups: readonly (readonly string[])[],
): string[] {
  const names = tensors.map(({ name }) => name);
  const lacking = groups.filter((group) => !group.some((name) => names.includes(name)));
  return lacking.map(
    (group) => `${graph}: no ${kind} ${group.join(" or ")}; it has ${names.join(", ")}.`,
  );
}

function find(tensors: readonly BorderTensor[], wanted: string): BorderTensor {
  return tensors.find(({ name }) => name === wanted) as BorderTensor;
}

/** The shape behind the batch. */
function itemShape({ name, shape }: BorderTensor): number[] {
  const item = shape.slice(1);
  if (item.length > 0 && item.every((size) => typeof size === "number" && size > 0)) {
    return item as number[];
  }
  throw new SourceError(
    `${name} must have an open batch size and known sizes behind it, got [${shape.join(", ")}]. ` +
      "Export the graph with its first axis alone dynamic.",
  );
}

function guessLayout(shape: readonly number[]): DataSection["layout"] {
  if (shape.length === 1) return "flat";
  const channels = (size: number | undefined) => size === 1 || size === 3 || size === 4;
  const [first, last] = [channels(shape[0]), channels(shape.at(-1))];
  if (shape.length === 3 && first !== last) return first ? "NCHW" : "NHWC";
  throw new OptionError(
    `layout: items [${shape.join(", ")}] do not tell where their channels are. Pass --layout NHWC or NCHW (layout).`,
  );
}

const BY_OUTPUT = {
  logits: "bernoulli",
  data_log_variance: "gaussian",
  data_log_scale: "discretised-logistic",
} as const;

function guessLikelihood({ outputs }: GraphInterface): LikelihoodSection["name"] {
  for (const [output, likelihood] of Object.entries(BY_OUTPUT)) {
    if (outputs.some(({ name }) => name === output)) return likelihood;
  }
  throw new OptionError(
    `likelihood: the decoder gives ${outputs.map(({ name }) => name).join(", ")}, and none of ` +
      `${Object.keys(BY_OUTPUT).join(", ")} that would tell. Pass --likelihood (likelihood).`,
  );
}

/** The likelihood, whose parameters are constants or outputs of the decoder. */
function describeLikelihood(
  decoder: GraphInterface,
  data: DataSection,
  { likelihood, parameters = {} }: DescribeOptions,
): LikelihoodSection {
  const name = likelihood ?? guessLikelihood(decoder);
  const given = decoder.outputs.map((output) => output.name);
  const { constants, scored } = LIKELIHOODS[name];
  const unknown = Object.keys(parameters).filter((key) => !constants.includes(key));
  if (unknown.length > 0) {
    throw new OptionError(
      `parameters: ${name} has ${constants.join(", ") || "none"}, got ${unknown.join(", ")}.`,
    );
  }
  const needed = scored({ data, parameters });
  const lacking = needed.filter((output) => !given.includes(output));
  if (lacking.length === 0) return { name, parameters };
  const fixed = name === "gaussian" ? ", or fix it with --parameter variance=<v> (parameters)" : "";
  throw new OptionError(
    `likelihood: ${name} needs ${lacking.join(", ")} of the decoder, which gives ${given.join(", ")}. ` +
      `Give it that output${fixed}.`,
  );
}

function condition(label: BorderTensor | undefined, names: readonly string[] | undefined) {
  if (label === undefined) {
    if (names === undefined) return {};
    throw new OptionError("classes: neither graph takes a label. Leave them out.");
  }
  const [classes = 0] = itemShape(label);
  const given = names ?? Array.from({ length: classes }, (_, index) => String(index));
  if (given.length === classes) return { condition: { classes, names: [...given] } };
  throw new OptionError(
    `classes: the graphs take a label of ${classes} classes, got ${given.length} names.`,
  );
}

function versions({ encoder, decoder }: Pair): Record<string, string> {
  const producers = [encoder, decoder].map(({ producer }) => producer);
  const named = producers.filter(({ name, version }) => name !== "" && version !== "");
  return Object.fromEntries(named.map(({ name, version }) => [name, version]));
}
