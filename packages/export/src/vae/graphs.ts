/** The three graphs of a VAE, with the tensor names that their readers expect. */
import { SourceError } from "../errors.js";
import {
  type ExportedModel,
  exportSource,
  finish,
  startGraph,
  translateInto,
} from "../export-onnx.js";
import { GraphBuilder } from "../ir/builder.js";
import { BATCH } from "../ir/types.js";
import { type LayersModelLike, readLayersModel } from "../source/layers-model.js";
import type { SourceModel, SourceValue } from "../source/types.js";
import { bernoulliDistortion, bernoulliMean } from "./bernoulli.js";
import { diagonalRate } from "./diagonal.js";

/** Shape of one item, [H, W, C], [C, H, W] or [D]; latent size k. */
export interface VaeShape {
  item: readonly number[];
  latent: number;
}

/** x [N, ...item] -> mean, log_variance [N, k]; the model gives them in this order. */
export function encoderGraph(model: LayersModelLike, { item, latent }: VaeShape): ExportedModel {
  const source = readLayersModel(model);
  needShapes("encoder", source, [item], [[latent], [latent]]);
  return exportSource(source, {
    graphName: "encoder",
    inputNames: ["x"],
    outputNames: ["mean", "log_variance"],
  });
}

/** z [N, k] -> reconstruction, logits [N, ...item]; the model gives the logits. */
export function decoderGraph(model: LayersModelLike, { item, latent }: VaeShape): ExportedModel {
  const source = readLayersModel(model);
  needShapes("decoder", source, [[latent]], [item]);
  const g = startGraph("decoder", source);
  for (const logits of translateInto(g, source, ["z"])) {
    const natural = g.as(logits, "source");
    g.output("reconstruction", bernoulliMean(g, natural));
    g.output("logits", natural);
  }
  return finish(g);
}

/** x, logits [N, ...item], mean, log_variance [N, k] -> distortion, rate [N, 1], nats. */
export function scoreGraph({ item, latent }: VaeShape): ExportedModel {
  const g = new GraphBuilder("score");
  const x = g.input("x", [BATCH, ...item]);
  const mean = g.input("mean", [BATCH, latent]);
  const logVariance = g.input("log_variance", [BATCH, latent]);
  const logits = g.input("logits", [BATCH, ...item]);
  g.output(
    "distortion",
    g.scope("distortion", () => bernoulliDistortion(g, x, logits)),
  );
  g.output(
    "rate",
    g.scope("rate", () => diagonalRate(g, mean, logVariance)),
  );
  return finish(g);
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
