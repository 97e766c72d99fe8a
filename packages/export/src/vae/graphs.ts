/** The three graphs of a VAE, with the tensor names that their readers expect. */
import type { ModelDescription } from "@vaeport/infer/manifest";
import { SourceError } from "../errors.js";
import {
  type ExportedModel,
  type ExportOptions,
  finish,
  startGraph,
  translateInto,
} from "../export-onnx.js";
import type { GraphBuilder } from "../ir/builder.js";
import { BATCH, type Value } from "../ir/types.js";
import { type LayersModelLike, readLayersModel } from "../source/layers-model.js";
import type { SourceModel, SourceValue } from "../source/types.js";
import { LIKELIHOODS, type LikelihoodContext, sumItems } from "./likelihoods/index.js";
import { POSTERIORS } from "./posteriors/index.js";

/** What decides the graphs: data, latent space, likelihood, classes. */
export type VaeDescription = Pick<ModelDescription, "data" | "latent" | "likelihood" | "condition">;

/** How graphs are written down. */
export type GraphOptions = Pick<ExportOptions, "precision" | "opset" | "metadata">;

/** x [N, ...item] and, with classes, label [N, classes] -> mean and log_variance, or scale_tril. */
export function encoderGraph(
  model: LayersModelLike,
  description: VaeDescription,
  options: GraphOptions = {},
): ExportedModel {
  const source = readLayersModel(model);
  const { size, posterior } = description.latent;
  const { heads, outputs } = POSTERIORS[posterior];
  needShapes("encoder", source, [description.data.shape, ...labelShapes(description)], heads(size));
  const g = startGraph("encoder", source, options);
  const values = translateInto(g, source, withLabel("x", description));
  nameOutputs(
    g,
    outputs(
      g,
      values.map((value) => g.as(value, "source")),
    ),
  );
  return finish(g, options);
}

/** z [N, k] and, with classes, label -> reconstruction and the likelihood's natural parameters [N, ...item]. */
export function decoderGraph(
  model: LayersModelLike,
  description: VaeDescription,
  options: GraphOptions = {},
): ExportedModel {
  const source = readLayersModel(model);
  const { shape } = description.data;
  const context = contextOf(description);
  const { heads, outputs } = LIKELIHOODS[description.likelihood.name];
  const given = heads(context).map((head) => (head === "value" ? shape : shape.map(() => 1)));
  needShapes("decoder", source, [[description.latent.size], ...labelShapes(description)], given);
  const g = startGraph("decoder", source, options);
  const values = translateInto(g, source, withLabel("z", description));
  nameOutputs(
    g,
    outputs(
      g,
      values.map((value) => g.as(value, "source")),
      context,
    ),
  );
  return finish(g, options);
}

/** x, the decoder's parameters and the encoder's outputs -> distortion, rate [N, 1], nats. */
export function scoreGraph(
  description: VaeDescription,
  { opset, metadata }: GraphOptions = {},
): ExportedModel {
  const { data, latent } = description;
  const g = startGraph("score", {}, { opset, metadata });
  const context = contextOf(description);
  const likelihood = LIKELIHOODS[description.likelihood.name];
  const posterior = POSTERIORS[latent.posterior];
  const x = g.input("x", [BATCH, ...data.shape]);
  const encoded = Object.fromEntries(
    posterior
      .tensors(latent.size)
      .map(([name, shape]) => [name, g.input(name, [BATCH, ...shape])] as const),
  );
  const scored = Object.fromEntries(
    likelihood
      .scored(context)
      .map((name) => [name, g.input(name, [BATCH, ...data.shape])] as const),
  );
  const distortion = () => sumItems(g, likelihood.terms(g, x, scored, context));
  g.output("distortion", g.scope("distortion", distortion));
  g.output(
    "rate",
    g.scope("rate", () => posterior.rate(g, encoded)),
  );
  return finish(g);
}

function contextOf({ data, likelihood: { parameters } }: VaeDescription): LikelihoodContext {
  return { data, parameters };
}

function nameOutputs(g: GraphBuilder, outputs: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(outputs)) g.output(name, value);
}

function withLabel(first: string, { condition }: VaeDescription): string[] {
  return condition ? [first, "label"] : [first];
}

function labelShapes({ condition }: VaeDescription): number[][] {
  return condition ? [[condition.classes]] : [];
}

type Items = readonly (readonly number[])[];

/** Throws SourceError where a model does not take and give what the run's summary says. */
function needShapes(name: string, source: SourceModel, inputs: Items, outputs: Items): void {
  const got = `${show(source.inputs)} -> ${show(source.outputs)}`;
  const shapes = (items: Items) => items.map((shape) => ({ shape: [null, ...shape] }));
  const expected = `${show(shapes(inputs))} -> ${show(shapes(outputs))}`;
  if (got !== expected) {
    throw new SourceError(
      `The ${name} maps ${got}, the summary asks for ${expected}. Pass the summary of this model.`,
    );
  }
}

function show(values: readonly Pick<SourceValue, "shape">[]): string {
  return values.map(({ shape }) => `[${["N", ...shape.slice(1)].join(", ")}]`).join(" and ");
}
