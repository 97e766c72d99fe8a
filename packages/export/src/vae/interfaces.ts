/** The borders of a VAE's three graphs: what the format asks of them, and what they have. */
import type { GraphName, ModelDescription } from "@vaeport/infer/manifest";
import { SourceError } from "../errors.js";
import { type BorderTensor, type GraphInterface, readInterface } from "../proto/read-interface.js";

export type Interfaces = Record<GraphName, GraphInterface>;

/** Shapes by tensor name, the batch left out. */
type Shapes = Record<string, readonly number[]>;

/** The parameters that a decoder may give beside the reconstruction, of one item's shape each. */
const NATURAL_PARAMETERS = ["logits", "data_log_variance", "data_log_scale"] as const;

export function readInterfaces(graphs: Record<GraphName, Uint8Array>): Interfaces {
  const read = (name: GraphName) => readInterface(graphs[name], `The ${name} graph`);
  return { encoder: read("encoder"), decoder: read("decoder"), score: read("score") };
}

/**
 * Throws SourceError, naming every tensor, where graphs lack a tensor of the format (docs/formats.md), take one that
 * it does not know, or have it in another shape or type.
 */
export function checkInterfaces(
  description: Pick<ModelDescription, "data" | "latent" | "condition">,
  { encoder, decoder, score }: Interfaces,
): void {
  const { shape } = description.data;
  const k = description.latent.size;
  const label: Shapes = description.condition ? { label: [description.condition.classes] } : {};
  const posterior: Shapes = {
    mean: [k],
    ...(description.latent.posterior === "full" ? { scale_tril: [k, k] } : { log_variance: [k] }),
  };
  const optional = Object.fromEntries(NATURAL_PARAMETERS.map((name) => [name, shape]));
  const decoded: Shapes = { reconstruction: shape };
  const known = { x: shape, ...posterior, ...decoded, ...optional };
  const given = [...encoder.outputs, ...decoder.outputs].map(({ name }) => name);
  const problems = [
    ...inputProblems("encoder", encoder.inputs, { x: shape, ...label }),
    ...outputProblems("encoder", encoder.outputs, posterior),
    ...inputProblems("decoder", decoder.inputs, { z: [k], ...label }),
    ...outputProblems("decoder", decoder.outputs, decoded, optional),
    ...inputProblems("score", score.inputs, known, ["x", ...given]),
    ...outputProblems("score", score.outputs, { distortion: [1], rate: [1] }),
  ];
  if (problems.length === 0) return;
  throw new SourceError(
    `The graphs do not fit the format:\n${problems.map((problem) => `  ${problem}`).join("\n")}\nExport them with these names and shapes.`,
  );
}

/** A graph may take fewer inputs than are offered to it (one without label, say), but no others. */
function inputProblems(
  graph: string,
  inputs: readonly BorderTensor[],
  known: Shapes,
  available: readonly string[] = Object.keys(known),
): string[] {
  return inputs.flatMap((input) => {
    const shape = available.includes(input.name) ? known[input.name] : undefined;
    if (shape === undefined) {
      return [`${graph}: the input ${input.name} is unknown; known are ${available.join(", ")}.`];
    }
    return tensorProblems(`${graph}: the input`, input, shape);
  });
}

function outputProblems(
  graph: string,
  outputs: readonly BorderTensor[],
  needed: Shapes,
  optional: Shapes = {},
): string[] {
  const names = outputs.map(({ name }) => name);
  const missing = Object.keys(needed).filter((name) => !names.includes(name));
  const wrong = outputs.flatMap((output) => {
    const shape = needed[output.name] ?? optional[output.name];
    return shape === undefined ? [] : tensorProblems(`${graph}: the output`, output, shape);
  });
  return [
    ...missing.map((name) => `${graph}: no output ${name}; it has ${names.join(", ")}.`),
    ...wrong,
  ];
}

function tensorProblems(where: string, tensor: BorderTensor, item: readonly number[]): string[] {
  const { name, type, shape } = tensor;
  const [batch, ...sizes] = shape;
  const problems: string[] = [];
  if (type !== "FLOAT" && type !== "FLOAT16") {
    problems.push(`${where} ${name} must be float32, got ${type}.`);
  }
  if (typeof batch === "number") {
    problems.push(`${where} ${name} must have an open batch size, got ${batch}.`);
  }
  if (sizes.join() !== item.join()) {
    problems.push(
      `${where} ${name} must be [${["N", ...item].join(", ")}], got [${shape.join(", ")}].`,
    );
  }
  return problems;
}
