/** Holds an export to what tf.js computes, and collects the graphs for the ONNX checker. */
import { type ExportedModel, type ExportOptions, exportOnnx } from "@vaeport/export";
import * as ort from "onnxruntime-node";
import { afterAll, expect } from "vitest";
import { checkOnnx } from "../referee.js";
import { normal, tf, type tfl } from "./tf.js";

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

interface CompareOptions extends ExportOptions {
  /** Standard deviation of the input. */
  spread?: number;
  /** What the model should give, where tf.js itself is wrong. */
  reference?: (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

/**
 * Exports a model and compares all its outputs with tf.js on random input, for batch 1 and 3.
 * Tolerance: |error| <= 1e-5 + 1e-4 max |reference|.
 */
export async function compare(
  model: tfl.LayersModel,
  options: CompareOptions = {},
): Promise<ExportedModel> {
  const { spread = 1, reference = (inputs) => model.predict(inputs), ...rest } = options;
  const exported = exportModel(model, rest);
  const session = await ort.InferenceSession.create(exported.bytes, { logSeverityLevel: 3 });
  for (const batch of [1, 3]) {
    const inputs = model.inputs.map(({ shape }, index) =>
      normal([batch, ...shape.slice(1).map(Number)], 100 + index, spread),
    );
    const expected = [reference(inputs)].flat();
    const feeds = inputs.map((input, index) => [
      session.inputNames[index] as string,
      new ort.Tensor("float32", input.dataSync() as Float32Array, input.shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    expected.forEach((tensor, index) => {
      const got = results[session.outputNames[index] as string];
      expect(got?.dims).toEqual(tensor.shape);
      expectClose(got?.data as Float32Array, tensor.dataSync() as Float32Array);
    });
    tf.dispose([inputs, expected]);
  }
  await session.release();
  return exported;
}

/** Every element within 1e-5 + 1e-4 of the reference's largest. */
export function expectClose(got: ArrayLike<number>, reference: ArrayLike<number>): void {
  expect(got.length).toBe(reference.length);
  const scale = Array.from(reference).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const limit = 1e-5 + 1e-4 * scale;
  const error = Array.from(reference).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (got[i] ?? Number.NaN))),
    0,
  );
  if (error / limit > worst.share) Object.assign(worst, { share: error / limit, error });
  expect(error).toBeLessThanOrEqual(limit);
}
