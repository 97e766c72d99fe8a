/** The captured function that a program hands out. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorMetadata } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import type { TypedArray } from "../native.js";
import type { Input } from "./specialise.js";
import type { Outputs, Values } from "./structure.js";

/** Inputs of a call: each a tensor, or the values of one. */
export type Inputs<I extends readonly Tensor[]> = { [K in keyof I]: Input<I[K]> };

/**
 * A function that runs as one graph. Called, it gives tensors, which the caller disposes of (`tf.tidy` does).
 *
 * Throws InputError for inputs that it was not captured for, DisposedError after `Program.dispose`,
 * NativeGraphError when an operator fails.
 */
export interface CapturedFunction<I extends readonly Tensor[], O extends Outputs> {
  (...inputs: Inputs<I>): O;
  /** The outputs as plain values, without a tensor in between. */
  values(...inputs: Inputs<I>): Values<O>;
  /**
   * The function run `steps` times in one native call, each time on what the time before left in the variables.
   * Inputs and outputs have a leading axis of that length. The graph grows by it: 10 or so is sensible.
   */
  repeat(steps: number, options?: RepeatOptions): Repeated<I, O>;
}

export interface RepeatOptions {
  /** Indices of inputs that every step takes as they are, without a leading axis: a table to gather from. */
  shared?: readonly number[];
}

/** Several steps in one call: inputs and outputs are stacked along a new first axis. */
export interface Repeated<I extends readonly Tensor[], O extends Outputs> {
  (...inputs: Inputs<{ [K in keyof I]: Tensor }>): Stacked<O>;
  values(...inputs: Inputs<{ [K in keyof I]: Tensor }>): Values<O>;
}

/** The same structure of tensors, of one more axis. */
export type Stacked<O extends Outputs> = O extends Tensor
  ? Tensor
  : { -readonly [K in keyof O]: Tensor };

/** A captured training step: it updates the variables and returns what the loss function returned. */
export interface TrainFunction<I extends readonly Tensor[], O extends Outputs>
  extends CapturedFunction<I, O> {
  /**
   * The optimizer's rate, readable and writable between calls.
   * @throws GraphError when a captured tf.js optimizer holds it, which freezes it
   */
  learningRate: number;
}

/** What a call comes down to: native outputs, and their structure. */
export interface Called {
  results: readonly TensorMetadata[];
  build<T>(leaves: readonly T[]): unknown;
}

/** How results leave a program. */
export interface ResultReader {
  tensor(result: TensorMetadata): Tensor;
  values(result: TensorMetadata): TypedArray;
}

/** Makes the callable of a function from what runs it. */
export function callable(
  run: (inputs: readonly Input[]) => Called,
  { tensor, values }: ResultReader,
) {
  const call = (...inputs: Input[]) => {
    const { results, build } = run(inputs);
    return build(results.map(tensor));
  };
  const read = (...inputs: Input[]) => {
    const { results, build } = run(inputs);
    return build(results.map(values));
  };
  return Object.assign(call, { values: read });
}
