/** A row of FEATURES.md: a layer and an option of it, as a model that is exported or refused. */

import type { CompareOptions } from "./compare.js";
import type { tfl } from "./tf.js";

export interface Feature {
  /** Serialized class name. */
  layer: string;
  option: string;
  model: () => tfl.LayersModel;
  /** To be refused; the reason is the exporter's. */
  refused?: true;
  compare?: CompareOptions;
}

/** Rows of one layer class, by option; a refused one is wrapped by `refused`. */
export function rows(
  layer: string,
  options: Readonly<Record<string, (() => tfl.LayersModel) | Omit<Feature, "layer" | "option">>>,
): Feature[] {
  return Object.entries(options).map(([option, row]) =>
    typeof row === "function" ? { layer, option, model: row } : { layer, option, ...row },
  );
}

/** A model that the exporter refuses. */
export function refused(model: () => tfl.LayersModel): Omit<Feature, "layer" | "option"> {
  return { model, refused: true };
}

/** FEATURES.md: rows by class, each with what became of it. */
export function renderFeatures(outcomes: ReadonlyMap<Feature, string | null>): string {
  const layers = [...new Set([...outcomes.keys()].map(({ layer }) => layer))].sort();
  const sections = layers.map((layer) => {
    const own = [...outcomes].filter(([feature]) => feature.layer === layer);
    const lines = own.map(([{ option }, reason]) => {
      return `- ${option}: ${reason === null ? "yes" : `refused, ${reason}`}`;
    });
    return `## ${layer}\n\n${lines.join("\n")}\n`;
  });
  return `# Layers and options

Every layer class of tf.js 4.22, option by option. "yes": the export gives the numbers of tf.js within 1e-5 + 1e-4 of the
largest. "refused": the export names the layer and says why. Written by the tests, renewed by
\`npx vitest run --project export features -u\`.

${sections.join("\n")}`;
}
