/** The graphs of a VAE in lower precision, with what that does to their numbers. */
import { type CheckSection, decodeTensor, type ModelDescription } from "@vaeport/infer/manifest";
import { CheckError, OptionError } from "../errors.js";
import type { Precision } from "../export-options.js";
import { readInterface } from "../proto/read-interface.js";
import type { PlainTensor } from "../source/tensorflow.js";
import { POSTERIORS } from "./posteriors/index.js";
import type { RunGraph } from "./probe.js";

/** The graphs that hold weights; the score graph has none, and serves every precision. */
export type Pair = Record<"encoder" | "decoder", Uint8Array>;

export type LowerPrecision = Exclude<Precision, "float32">;

/** Throws OptionError for what is none; float32 is always there, and each is written once. */
export function lowerPrecisions(wanted: readonly Precision[]): LowerPrecision[] {
  const known: readonly LowerPrecision[] = ["float16", "int8"];
  const unknown = wanted.find((each) => each !== "float32" && !known.includes(each));
  if (unknown === undefined) return known.filter((each) => wanted.includes(each));
  throw new OptionError(`precisions: expected ${known.join(" or ")}, got ${unknown}.`);
}

/**
 * Largest |error| of each output against the float32 graphs, on the item and the noise of the check
 * vector. Throws CheckError where a variant gives numbers that are not finite.
 */
export async function variantErrors(
  { condition, latent }: ModelDescription,
  check: CheckSection,
  float32: Pair,
  variant: Pair,
  run: RunGraph | undefined,
): Promise<Record<string, number>> {
  if (run === undefined) {
    throw new OptionError("options.run: lower precisions need a function that runs graphs.");
  }
  const stored = Object.fromEntries(
    Object.entries(check.outputs).map(([name, record]) => [name, decodeTensor(record).data]),
  );
  const noise = decodeTensor(check.noise).data;
  const label = condition && oneHot(check.label ?? 0, condition.classes);
  const given: Record<string, PlainTensor> = {
    x: decodeTensor(check.input),
    z: {
      data: POSTERIORS[latent.posterior].referenceSample(stored, noise),
      shape: [1, latent.size],
    },
    ...(label && { label }),
  };
  const outputs = async (graph: Uint8Array) => run(graph, feedsOf(graph, given));
  const errors: Record<string, number> = {};
  for (const name of ["encoder", "decoder"] as const) {
    const [reference, got] = [await outputs(float32[name]), await outputs(variant[name])];
    for (const [output, { data }] of Object.entries(reference)) {
      errors[output] = largestError(name, output, data, got[output]?.data ?? new Float32Array());
    }
  }
  return errors;
}

function oneHot(label: number, classes: number): PlainTensor {
  const data = new Float32Array(classes);
  data[label] = 1;
  return { data, shape: [1, classes] };
}

/** Of the tensors, those that the graph takes. */
function feedsOf(graph: Uint8Array, tensors: Record<string, PlainTensor>) {
  const { inputs } = readInterface(graph, "The graph");
  return Object.fromEntries(inputs.map(({ name }) => [name, tensors[name] as PlainTensor]));
}

function largestError(graph: string, output: string, expected: Float32Array, got: Float32Array) {
  const error = expected.reduce((most, value, index) => {
    const own = Math.abs(value - (got[index] ?? Number.NaN));
    return Number.isNaN(own) ? Number.POSITIVE_INFINITY : Math.max(most, own);
  }, 0);
  if (Number.isFinite(error)) return error;
  throw new CheckError(
    `The ${graph} in lower precision gives ${output} that is not finite. Leave that precision out.`,
  );
}
