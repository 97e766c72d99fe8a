/** tf.js' gradient tape: whether it records, and how it is left after an error. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";

/** The engine's state as far as the tape goes. */
interface TapeState {
  gradientDepth: number;
  kernelDepth: number;
  activeTape: { saved: Tensor[] }[] | null;
}

function tapeState(tf: TensorFlow): TapeState {
  return (tf.engine() as unknown as { state: TapeState }).state;
}

/** Whether a gradient of what runs now will be wanted. */
export function isTapeOn(tf: TensorFlow): boolean {
  const { gradientDepth, kernelDepth } = tapeState(tf);
  return gradientDepth > 0 && kernelDepth === 0;
}

/**
 * Runs `body` and, if it fails within a gradient, disposes of the tensors that tf.js leaves on the tape.
 *
 * @throws CaptureError when called within a gradient, whose tape would see the recording
 */
export function withCleanTape<T>(tf: TensorFlow, where: string, body: () => T): T {
  const state = tapeState(tf);
  if (state.gradientDepth > 0) {
    throw new CaptureError(
      `"${where}" cannot be captured inside of a gradient. Capture it before, outside of tf.grad and tf.variableGrads.`,
    );
  }
  try {
    return body();
  } catch (error) {
    for (const { saved } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    state.activeTape = null;
    throw error;
  }
}
