/** What can go wrong between tfjs-node and the native TensorFlow library. */

/** Native TensorFlow cannot be provisioned or loaded. The message ends with the remedy. */
export class TensorFlowError extends Error {
  override readonly name = "TensorFlowError";
}
