/** Holds an export to what tf.js computes, and collects the graphs for the ONNX checker. */
import { type ExportedModel, type ExportOptions, exportOnnx } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { afterAll, expect } from "vitest";
import { checkOnnx } from "../referee.js";
import { indices, normal, tf, type tfl } from "./tf.js";

declare module "vitest" {
  interface TaskMeta {
    /** What the record of a nightly run tells. */
    measured?: string;
  }
}

/** The largest error seen over a file's comparisons, as a share of what is allowed. */
const worst = { share: 0, error: 0 };
const graphs: Uint8Array[] = [];

/** To be called once by a test file that exports: its graphs pass the reference checker. */
export function checkAllWithOnnx(): void {
  afterAll(async () => {
    await checkOnnx(graphs);
    if (process.env.VAEPORT_VERBOSE) {
      console.info(
        `${graphs.length} graphs, largest error ${worst.error} (${worst.share} of the tolerance)`,
      );
    }
  });
}

/** Exports a model, for the checker too. */
export function exportModel(model: tfl.LayersModel, options?: ExportOptions): ExportedModel {
  const exported = exportOnnx(model, options);
  graphs.push(exported.bytes);
  return exported;
}

export interface CompareOptions extends ExportOptions {
  /** Standard deviation of the input. */
  spread?: number;
  /** Inputs are whole numbers below this. */
  below?: number;
  /** Makes an input of a shape, batch included. */
  input?: (shape: readonly number[], index: number) => tf.Tensor;
  /** What the model should give, where tf.js itself is wrong. */
  reference?: (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

/**
 * Exports a model and compares all its outputs with tf.js on random input, for batch 1 and 3, open lengths 5
 * and 8.
 * Tolerance: |error| <= 1e-5 + 1e-4 max |reference|.
 */
export async function compare(
  model: tfl.LayersModel,
  options: CompareOptions = {},
): Promise<ExportedModel> {
  const { spread = 1, below, input, reference, ...rest } = options;
  const make =
    input ??
    ((shape, index) =>
      below === undefined
        ? normal(shape, 100 + index, spread)
        : indices(shape, 100 + index, below));
  const run = reference ?? ((inputs) => model.predict(inputs));
  const exported = exportModel(model, rest);
  const session = await openSession(exported.bytes);
  for (const [batch, length] of [
    [1, 5],
    [3, 8],
  ] as const) {
    const inputs = model.inputs.map(({ shape, dtype }, index) =>
      tf.cast(make([batch, ...shape.slice(1).map((size) => size ?? length)], index), dtype),
    );
    const expected = [run(inputs)].flat();
    await expectOutputs(session, inputs, expected);
    tf.dispose([inputs, expected]);
  }
  await session.release();
  return exported;
}

export function openSession(bytes: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
}

/** The largest error of an output, beside the largest that the contract allows. */
export interface Closeness {
  error: number;
  limit: number;
}

export function describeCloseness({ error, limit }: Closeness): string {
  const share = ((100 * error) / limit).toPrecision(2);
  return `largest error ${error.toExponential(1)}, ${share} % of the tolerance ${limit.toExponential(1)}`;
}

/** Of many outputs, the one that comes nearest to its tolerance. */
export function worstOf(outputs: readonly Closeness[]): Closeness {
  const share = ({ error, limit }: Closeness) => error / limit;
  return outputs.reduce((a, b) => (share(a) < share(b) ? b : a), { error: 0, limit: 1 });
}

/** Runs a graph, and holds its outputs to what tf.js gave for the same inputs. */
export async function expectOutputs(
  session: ort.InferenceSession,
  inputs: readonly tf.Tensor[],
  expected: readonly tf.Tensor[],
): Promise<Closeness[]> {
  const feeds = inputs.map((value, index) => [
    session.inputNames[index] as string,
    new ort.Tensor(
      value.dtype as "float32" | "int32",
      value.dataSync() as Float32Array & Int32Array,
      value.shape,
    ),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  return expected.map((tensor, index) => {
    const got = results[session.outputNames[index] as string];
    expect(got?.dims).toEqual(tensor.shape);
    return expectClose(got?.data as Float32Array, tensor.dataSync() as Float32Array);
  });
}

/** Every element within 1e-5 + 1e-4 of the reference's largest. */
export function expectClose(got: ArrayLike<number>, reference: ArrayLike<number>): Closeness {
  expect(got.length).toBe(reference.length);
  const scale = Array.from(reference).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const limit = 1e-5 + 1e-4 * scale;
  const error = Array.from(reference).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (got[i] ?? Number.NaN))),
    0,
  );
  if (error / limit > worst.share) Object.assign(worst, { share: error / limit, error });
  if (process.env.VAEPORT_VERBOSE === "each") console.info(`error ${error} of ${scale}`);
  expect(error).toBeLessThanOrEqual(limit);
  return { error, limit };
}
