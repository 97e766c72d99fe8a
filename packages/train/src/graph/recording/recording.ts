/** What one eager run of a function did, operator by operator, in static single assignment. */
import type { TFEOpAttr } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import type { ConstantValue } from "../graph-def/builder.js";

/** A value of the recording; its number is its place in `Recording.values`. */
export type Value =
  | { kind: "input"; index: number; shape: readonly number[]; dtype: number }
  | { kind: "variable"; name: string; shape: readonly number[]; dtype: number }
  | ({ kind: "constant" } & ConstantValue)
  | { kind: "result"; shape: readonly number[]; dtype: number };

/** One native operator; values by number. */
export interface Operation {
  name: string;
  attributes: readonly TFEOpAttr[];
  inputs: readonly number[];
  outputs: readonly number[];
  /** The tf.js function that ran it, as "tf.softmax"; empty outside of one. */
  source: string;
}

export interface Recording {
  values: readonly Value[];
  operations: readonly Operation[];
  /** Of the function, by value number. */
  outputs: readonly number[];
  /** tf.Variables that were assigned, with the number of their last value. */
  updates: readonly { variable: string; value: number }[];
}
