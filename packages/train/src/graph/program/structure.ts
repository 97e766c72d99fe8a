/** What a captured function returns: a tensor, a list or a record of tensors, taken apart and put together again. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";
import type { TypedArray } from "../native.js";

/** What a captured function may return. */
export type Outputs = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/** The same with values in place of tensors. */
export type Values<O> = O extends Tensor ? TypedArray : { -readonly [K in keyof O]: TypedArray };

/** An output taken apart. */
export interface Structure {
  /** One for each tensor: "" for a single one, else its key. */
  keys: readonly string[];
  tensors: readonly Tensor[];
  /** Puts leaves together in the form of the output. */
  build<T>(leaves: readonly T[]): unknown;
}

/** @throws CaptureError unless `result` is a living tensor, or a list or record of such. */
export function takeApart(tf: TensorFlow, where: string, result: unknown): Structure {
  const refuse = (what: string) =>
    new CaptureError(
      `"${where}" cannot be captured: ${what}. Return a tensor, or a list or record of tensors.`,
    );
  if (result instanceof Promise) {
    result.catch(() => {}); // its failure would be reported as unhandled beside the error below
    throw refuse("it is asynchronous, and a recording ends with the call");
  }
  if (typeof result !== "object" || result === null) throw refuse(`it returns ${typeof result}`);
  const single = result instanceof tf.Tensor;
  const entries = single ? [["", result] as const] : Object.entries(result);
  const keys = entries.map(([key]) => key);
  for (const [key, leaf] of entries) {
    const name = single ? "its output" : `its output "${key}"`;
    if (!(leaf instanceof tf.Tensor)) throw refuse(`${name} is no tensor`);
    if (leaf.isDisposed) throw refuse(`${name} was disposed inside`);
  }
  return {
    keys,
    tensors: entries.map(([, tensor]) => tensor as Tensor),
    build: (leaves) => {
      if (single) return leaves[0];
      if (Array.isArray(result)) return [...leaves];
      return Object.fromEntries(keys.map((key, index) => [key, leaves[index]]));
    },
  };
}

/** The record of both: of outputs of the function, and of more that were made of its gradients. */
export function joinRecords(first: Structure, second: Structure): Structure {
  const parts = [first, second];
  return {
    keys: parts.flatMap(({ keys }) => keys),
    tensors: parts.flatMap(({ tensors }) => tensors),
    build: (leaves) => ({
      ...(first.build(leaves.slice(0, first.keys.length)) as object),
      ...(second.build(leaves.slice(first.keys.length)) as object),
    }),
  };
}
