/** What the thread that owns a program and the thread that asks it say to each other. */
import type { DataType } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import type { TypedArray } from "../native.js";
import type { Program } from "../program/program.js";

/** Outputs of a function as values: of a tensor, a list or a record. */
export type RemoteValues = TypedArray | TypedArray[] | Record<string, TypedArray>;

/** A program's state outside of TensorFlow. */
export type PlainState = Record<string, { shape: number[]; dtype: DataType; values: TypedArray }>;

/** What the worker's module makes of TensorFlow and the data that it is given. */
export interface RemoteSetup {
  program: Program;
  /** Functions of the program that may be called, by name. */
  functions: Readonly<Record<string, { values(...inputs: TypedArray[]): unknown }>>;
}

/** The default export of the worker's module. */
export type SetUp<D = unknown> = (tf: TensorFlow, data: D) => RemoteSetup | Promise<RemoteSetup>;

export type Request =
  | { verb: "call"; name: string; inputs: TypedArray[] }
  | { verb: "state" }
  | { verb: "restore"; state: PlainState }
  | { verb: "dispose" };

export interface Numbered {
  number: number;
  request: Request;
}

export interface RemoteError {
  name: string;
  message: string;
  stack: string | undefined;
}

export type Reply = { number: number; result: unknown } | { number: number; error: RemoteError };

/** Number of the reply that says that the module is set up. */
export const READY = 0;
