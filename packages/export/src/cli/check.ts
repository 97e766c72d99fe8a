/** `--check`: runs an exported graph and tf.js on the same input, and says how far apart they are. */

import { seededNormal } from "@vaeport/infer/random";
import { readBytes } from "#files";
import { CheckError, MissingPackageError } from "../errors.js";
import type { ExportedModel } from "../export-onnx.js";
import type { Precision } from "../export-options.js";
import { permutationTo, permuteList } from "../ir/layout.js";
import { permute } from "../ir/tensor.js";
import type { DataType, Layout, Value } from "../ir/types.js";
import { onnxRunner } from "../onnx-runtime.js";
import { type PlainTensor, predict, type RunnableModelLike } from "../source/tensorflow.js";

/** Items in random input. */
const BATCH_SIZE = 2;

/** Steps of a random sequence whose length is open. */
const SEQUENCE_LENGTH = 16;

/** How far an output of the graph is from that of tf.js. */
export interface Difference {
  output: string;
  /** Largest |error| over all elements. */
  largestError: number;
  /** Largest |value| that tf.js gives. */
  largestValue: number;
  /** 1e-5 + a share of the largest value: 1e-4, or more for lower precisions. */
  tolerance: number;
}

/** What is let pass, as a share of an output's largest value; that of lower precisions only catches ruin. */
const SHARES: Readonly<Record<Precision, number>> = { float32: 1e-4, float16: 1e-2, int8: 1e-1 };

/**
 * The differences, output by output, on random input or on that of a JSON file. Throws CheckError
 * where one is beyond its tolerance, or where tf.js or ONNX Runtime cannot run on the input, and
 * MissingPackageError without onnxruntime-node.
 */
export async function checkExport(
  model: RunnableModelLike,
  { bytes, graph }: ExportedModel,
  {
    precision = "float32",
    inputFile,
  }: { precision?: Precision; inputFile?: string | undefined } = {},
): Promise<Difference[]> {
  const inputs =
    inputFile === undefined
      ? graph.inputs.map(randomInput)
      : await readInputs(inputFile, graph.inputs);
  const remedy = inputFile === undefined ? " Pass input of your own with --check-input." : "";
  const sourceInputs = inputs.map((tensor, index) =>
    moveAxes(tensor, graph.inputs[index] as Value, "source"),
  );
  const expected = await attempt("tf.js", remedy, () => predict(model, sourceInputs));
  const runOnnx = await onnxRunner("--check");
  const got = await attempt("ONNX Runtime", remedy, () =>
    runOnnx(bytes, byName(graph.inputs, inputs)),
  );
  const differences = graph.outputs.map((value, index) => {
    const reference = moveAxes(expected[index] as PlainTensor, value, value.layout);
    return compare(value.name, reference, got[value.name]?.data ?? [], SHARES[precision]);
  });
  const beyond = differences.filter(({ largestError, tolerance }) => largestError > tolerance);
  if (beyond.length === 0) return differences;
  throw new CheckError(
    `The graph gives other numbers than tf.js, and was not written: ${beyond.map(describeDifference).join("; ")}. ` +
      "Please report the model.",
  );
}

/** A difference in words. */
export function describeDifference(difference: Difference): string {
  const { output, largestError, largestValue, tolerance } = difference;
  const [error, value, limit] = [largestError, largestValue, tolerance].map((number) =>
    number.toExponential(1),
  );
  return `${output}: largest error ${error} beside values up to ${value} (tolerance ${limit})`;
}

/** A tensor of the graph in the layout that tf.js has, or one of tf.js in that of the graph. */
function moveAxes(tensor: PlainTensor, { layout }: Value, to: Layout): PlainTensor {
  if (layout === "source") return tensor;
  const permutation = permutationTo(to, tensor.shape.length);
  const data = permute(tensor.data, tensor.shape, permutation);
  return { ...tensor, data, shape: permuteList(tensor.shape, permutation) };
}

/** Standard normal numbers; whole numbers are 0 and 1, which most tables have rows for. */
function randomInput({ shape, dtype }: Value, index: number): PlainTensor {
  const sizes = shape.map((size, axis) => {
    if (typeof size === "number") return size;
    return axis === 0 ? BATCH_SIZE : SEQUENCE_LENGTH;
  });
  const count = sizes.reduce((product, size) => product * size, 1);
  const data = seededNormal(index + 1, count);
  const values = dtype === "int32" ? data.map((value) => (value > 0 ? 1 : 0)) : data;
  return { data: values, shape: sizes, dtype: feedType(dtype) };
}

function feedType(dtype: DataType): "float32" | "float16" | "int32" {
  return dtype === "int32" || dtype === "float16" ? dtype : "float32";
}

/** Input by name: nested arrays of numbers, the batch first. */
async function readInputs(file: string, inputs: readonly Value[]): Promise<PlainTensor[]> {
  const text = new TextDecoder().decode(await readBytes(file));
  const given = await attempt(file, " Pass a JSON object.", async () => parse(text));
  return inputs.map(({ name, shape, dtype }) => {
    if (!Object.hasOwn(given, name)) {
      const names = Object.keys(given).join(", ") || "nothing";
      throw new CheckError(`${file}: expected the input "${name}" by its name, got ${names}.`);
    }
    const value = given[name];
    const sizes = shapeOf(value);
    const numbers: unknown[] = [value].flat(Number.POSITIVE_INFINITY);
    const fits =
      sizes.length === shape.length &&
      shape.every((size, axis) =>
        typeof size === "number" ? sizes[axis] === size : sizes[axis],
      ) &&
      numbers.length === sizes.reduce((product, size) => product * size, 1) &&
      numbers.every((number) => typeof number === "number");
    if (!fits) {
      throw new CheckError(
        `${file}: "${name}" must hold numbers as nested arrays of shape [${shape.join(", ")}], got [${sizes.join(", ")}].`,
      );
    }
    const data = Float32Array.from(numbers as number[]);
    return { data, shape: sizes, dtype: feedType(dtype) };
  });
}

function byName(inputs: readonly Value[], tensors: readonly PlainTensor[]) {
  return Object.fromEntries(
    inputs.map(({ name }, index) => [name, tensors[index] as PlainTensor] as const),
  );
}

/** A document's entries; `null` has none. */
function parse(text: string): Record<string, unknown> {
  return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
}

/** Lengths of nested arrays, by their first elements. */
function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function compare(
  output: string,
  { data }: PlainTensor,
  got: ArrayLike<number>,
  share: number,
): Difference {
  let largestError = got.length === data.length ? 0 : Number.POSITIVE_INFINITY;
  let largestValue = 0;
  for (const [index, value] of data.entries()) {
    const error = Math.abs(value - (got[index] ?? Number.NaN));
    largestError = Math.max(largestError, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
    largestValue = Math.max(largestValue, Math.abs(value));
  }
  return { output, largestError, largestValue, tolerance: 1e-5 + share * largestValue };
}

async function attempt<T>(what: string, remedy: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof MissingPackageError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CheckError(`${what} fails on the input of the check: ${reason}.${remedy}`, { cause });
  }
}
