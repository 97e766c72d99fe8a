/** Holds the options of an export to what the model and the format allow. */
import { OptionError } from "./errors.js";
import type { Layout } from "./ir/types.js";
import { OPSETS } from "./proto/versions.js";
import type { SourceLayer, SourceModel } from "./source/types.js";

/** Order of the axes of an image, the batch first. */
export type ImageLayout = "NHWC" | "NCHW";

export const IMAGE_LAYOUTS: readonly ImageLayout[] = ["NHWC", "NCHW"];
/** Axes of [N, H, W, C]. */
const IMAGE_RANK = 4;

/** How weights are stored; "float16" computes so too. */
export type Precision = "float32" | "float16" | "int8";

export const PRECISIONS: readonly Precision[] = ["float32", "float16", "int8"];

type Names = readonly string[];

/** The options of an export; JavaScript may hand over anything. */
export function needOptions<Options extends object>(options: Options): Options {
  if (typeof options === "object" && options !== null) return options;
  throw new OptionError(`options: expected an object, or none at all; got ${String(options)}.`);
}

/** What an exporter stores of its own, and what the caller adds to it by other keys. */
export function joinMetadata(
  own: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const taken = Object.keys(added).find((key) => Object.hasOwn(own, key));
  if (taken === undefined) return { ...own, ...added };
  throw new OptionError(
    `options.metadata: "${taken}" is what the exporter itself stores, "${own[taken]}"; got "${added[taken]}". Choose another key.`,
  );
}

export function needOpset(opset: number): number {
  if (OPSETS.includes(opset)) return opset;
  throw new OptionError(
    `options.opset: expected one of ${OPSETS.join(", ")}, got ${opset}. 17 runs everywhere.`,
  );
}

export function needPrecision(precision: Precision, border: string | undefined): void {
  if (!PRECISIONS.includes(precision)) {
    throw new OptionError(
      `options.precision: expected one of ${PRECISIONS.join(", ")}, got ${precision}.`,
    );
  }
  if (border === undefined || border === "float32") return;
  if (border === "float16" && precision === "float16") return;
  throw new OptionError(
    `options.borderPrecision: expected float32, or float16 with precision float16; got ${border} with ${precision}.`,
  );
}

/** How an input or output of the model with this many axes stands in the graph. */
export function tensorLayout(
  source: SourceModel,
  rank: number,
  { layout = "NHWC" }: { layout?: ImageLayout | undefined },
): Layout {
  if (!IMAGE_LAYOUTS.includes(layout)) {
    throw new OptionError(`options.layout: expected ${IMAGE_LAYOUTS.join(" or ")}, got ${layout}.`);
  }
  if (layout === "NHWC" || rank !== IMAGE_RANK) return "source";
  const first = channelsFirstLayer(source);
  if (first === undefined) return "channels-first";
  throw new OptionError(
    `options.layout: layer "${first}" works on [N, C, H, W] already, so "NCHW" would move its channels again. Leave the option out.`,
  );
}

function channelsFirstLayer({ calls }: SourceModel): string | undefined {
  for (const { layer } of calls) {
    const found = layersOf(layer).find(({ config }) => config.dataFormat === "channelsFirst");
    if (found !== undefined) return found.name;
  }
  return undefined;
}

/** A layer and all that is inside it. */
function layersOf(layer: SourceLayer): SourceLayer[] {
  const nested = layer.model?.calls.map((call) => call.layer) ?? [];
  return [layer, ...[...layer.inner, ...nested].flatMap(layersOf)];
}

/** Names of the graph's inputs and outputs: given, or those of the layers behind them. */
export function borderNames(
  source: SourceModel,
  { inputNames, outputNames }: { inputNames?: Names; outputNames?: Names },
): { inputs: Names; outputs: Names } {
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
  if (Array.isArray(names) && names.length === layers.length) return;
  const got = Array.isArray(names) ? `${names.length} names` : String(names);
  throw new OptionError(
    `options.${option}: expected a list of ${layers.length}, for ${layers.join(", ")}; got ${got}.`,
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
