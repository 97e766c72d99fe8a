/** TensorFlow's backward operators, which have no gradient themselves. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";
import { type AttributeValue, executeAll } from "../operators/execute.js";
import { isTapeOn } from "../recording/tape.js";

export const FLOAT = { T: { dtype: "float32" } } as const;

/**
 * A native backward operator. tf.js' tape cannot see into it, so under an outer gradient it is an error, rather than
 * the zero that the tape would make of it in silence.
 */
export function backward(
  tf: TensorFlow,
  operator: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, AttributeValue>> = FLOAT,
): Tensor {
  return backwardAll(tf, operator, inputs, attributes, 1)[0]!;
}

/** The same for an operator of several outputs: all of them. */
export function backwardAll(
  tf: TensorFlow,
  operator: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, AttributeValue>>,
  outputs: number,
): Tensor[] {
  if (!isTapeOn(tf)) return executeAll(tf, operator, inputs, attributes, outputs);
  throw new CaptureError(
    `A second derivative goes through the native operator ${operator}, which has none. ` +
      "Capture the function with { nativeGradients: false }.",
  );
}
