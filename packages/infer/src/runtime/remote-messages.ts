/** What a thread and the worker that runs its graphs say to each other. */
import { InferError } from "../errors.js";
import type { Adapter, OpenOptions, Tensor } from "./types.js";

/** Asks the worker; it answers one after another, in order. Providers and sessions go by their order of creation. */
export type RemoteRequest =
  | { providers: true }
  | { open: string; options: OpenOptions }
  | { create: Uint8Array; provider: number; strict: boolean }
  | { run: number; feeds: Record<string, Tensor>; fetches: readonly string[] }
  | { release: number };

/** The answer of `open`. */
export interface RemoteProvider {
  version: string;
  adapter: Adapter | null;
}

/** The answer of `create`. */
export interface RemoteSession {
  inputNames: readonly string[];
  outputNames: readonly string[];
  wholeGraph: boolean;
  threads: number | null;
}

/** An answer, or, unasked, that a provider's device was lost. */
export type RemoteMessage =
  | { value: unknown }
  | { error: ErrorParts }
  | { lost: number; message: string };

/** An error in parts that can be sent; the class is kept for InferError alone. */
export interface ErrorParts {
  own: boolean;
  name: string;
  message: string;
  stack: string | undefined;
}

export function takeApart(error: unknown): ErrorParts {
  const own = error instanceof InferError;
  if (error instanceof Error) {
    return { own, name: error.name, message: error.message, stack: error.stack };
  }
  return { own, name: "Error", message: String(error), stack: undefined };
}

export function putTogether({ own, name, message, stack }: ErrorParts): Error {
  const error = own ? new InferError(message) : Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}
