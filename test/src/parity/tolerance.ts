/**
 * How far a runtime may be from the reference, and why.
 *
 * float32 kernels sum in different orders, and onnxruntime folds and reorders what tf.js runs one
 * operator at a time: on nets of this size each runtime lies within 2e-6 of a float64 reference
 * and within 5e-6 of another, with errors that grow with the size of the tensor's values, not of
 * the single element. A wrong pad, layout or weight shows as 1e-2 or more.
 */
const ABSOLUTE = 1e-5;
const RELATIVE = 1e-4;

/** Tensors of probabilities: their range is 1, so the absolute part alone is asked of them. */
const PROBABILITIES: ReadonlySet<string> = new Set(["reconstruction"]);

/** The largest allowed |error| of a tensor: 1e-5 + 1e-4 * largest |value|; probabilities 1e-5. */
export function tolerance(tensor: string, reference: Float32Array): number {
  if (PROBABILITIES.has(tensor)) return ABSOLUTE;
  return ABSOLUTE + RELATIVE * largestMagnitude(reference);
}

/** The largest |value| of a tensor. */
export function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
