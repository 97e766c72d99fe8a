/** Typed errors of captured graphs: each message says where, what was wrong, the value it got and the remedy. */

/** Base of every error that this component throws on purpose. */
export class GraphError extends Error {
  override readonly name: string = "GraphError";
}

/** A function cannot be captured, or not faithfully. */
export class CaptureError extends GraphError {
  override readonly name = "CaptureError";
}

/** A captured function was called with inputs that it was not captured for. */
export class InputError extends GraphError {
  override readonly name = "InputError";
}

/** A state does not fit the program that is to take it. */
export class StateError extends GraphError {
  override readonly name = "StateError";
}

/** A program, or a function of it, is used after `dispose`. */
export class DisposedError extends GraphError {
  override readonly name = "DisposedError";
}

/** Native TensorFlow refused to load or to run the graph; `cause` holds its own words. */
export class NativeGraphError extends GraphError {
  override readonly name = "NativeGraphError";
}
