/** Compares what a runtime returned with the reference, tensor by tensor. */
import { decodeTensor } from "@vaeport/infer/manifest";
import { largestMagnitude, tolerance } from "./tolerance.js";
import type { Graph, Outputs } from "./types.js";

/** One tensor of one batch on one runtime. */
export interface Difference {
  graph: Graph;
  tensor: string;
  batch: number;
  /** Largest |error|; infinite when the runtime returned a NaN. */
  largestError: number;
  /** The same in units in the last place (float32) of the tensor's largest value. */
  unitsInLastPlace: number;
  tolerance: number;
}

/** Which graph a tensor comes from. */
const GRAPH_OF = {
  mean: "encoder",
  log_variance: "encoder",
  reconstruction: "decoder",
  logits: "decoder",
  distortion: "score",
  rate: "score",
} as const satisfies Record<keyof Outputs, Graph>;

/** @throws RangeError when a tensor is missing or has another shape than the reference. */
export function compare(reference: Outputs, got: Outputs): Difference[] {
  return (Object.keys(GRAPH_OF) as (keyof Outputs)[]).map((tensor) => {
    const expected = decodeTensor(reference[tensor]);
    const actual = decodeTensor(got[tensor]);
    if (String(actual.shape) !== String(expected.shape)) {
      throw new RangeError(
        `${tensor}: the runtime returned shape [${actual.shape}], the reference is [${expected.shape}]`,
      );
    }
    const error = largestError(expected.data, actual.data);
    return {
      graph: GRAPH_OF[tensor],
      tensor,
      batch: expected.shape[0]!,
      largestError: error,
      unitsInLastPlace: error / unitInLastPlace(largestMagnitude(expected.data)),
      tolerance: tolerance(tensor, expected.data),
    };
  });
}

/** The largest |error| of a tensor; infinite when a value is NaN. */
export function largestError(expected: Float32Array, actual: Float32Array): number {
  let largest = 0;
  for (const [index, value] of expected.entries()) {
    const error = Math.abs(value - actual[index]!);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return largest;
}

/** The distance from a float32 of this magnitude to the next larger one. */
export function unitInLastPlace(magnitude: number): number {
  const bits = new Uint32Array(Float32Array.of(magnitude).buffer);
  bits[0] = bits[0]! + 1;
  return new Float32Array(bits.buffer)[0]! - Math.fround(magnitude);
}
