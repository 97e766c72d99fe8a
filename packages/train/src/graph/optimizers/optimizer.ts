/** What an optimizer that runs inside the graph tells the program. */
import { inspect } from "node:util";
import type { Variable } from "@tensorflow/tfjs-node";
import { GraphError } from "../errors.js";
import type { GraphBuilder, Output } from "../graph-def/builder.js";
import type { GraphVariable, GraphVariables } from "../graph-def/variables.js";
import { isTensor } from "../native.js";

/** The rate of an optimizer: a number, which becomes a variable of the program, or a float32 scalar tf.Variable. */
export type LearningRate = number | Variable;

/** A variable to be updated. */
export interface Target {
  variable: GraphVariable;
  /** By name, of the variable's shape. */
  slots: Readonly<Record<string, GraphVariable>>;
  gradient: Output;
  /** The variable's value in this step. */
  value: Output;
  /** Nodes that an update must wait for: whatever reads the variable. */
  after: readonly Output[];
}

/** Where an optimizer writes its update. */
export interface UpdateContext {
  graph: GraphBuilder;
  variables: GraphVariables;
  targets: readonly Target[];
  /** The rate in this step. */
  learningRate: Output;
  /** Number of the step, int32, from 1; absent when the optimizer counts no steps. */
  step: Output | undefined;
}

/** An optimizer whose update is a fused operator of TensorFlow. Made by `adam`, `adamW` and `sgd`. */
export interface FusedOptimizer {
  readonly fused: true;
  readonly learningRate: LearningRate;
  /** Names of what it keeps for each variable, zero at first. */
  readonly slots: readonly string[];
  readonly countsSteps: boolean;
  /** Writes the updates of one step and returns the nodes to wait for, by variable name. */
  emit(context: UpdateContext): Map<string, Output>;
}

/** @throws GraphError unless the number lies in [low, high). */
export function requireRange(
  where: string,
  name: string,
  value: number,
  low: number,
  high = Infinity,
): void {
  if (typeof value === "number" && value >= low && value < high) return;
  const range = high === Infinity ? `of at least ${low}` : `in [${low}, ${high})`;
  throw new GraphError(`${where}: ${name} is ${inspect(value)}; give a finite number ${range}.`);
}

/** @throws GraphError unless it is a positive number or a float32 scalar variable. */
export function requireLearningRate(where: string, learningRate: LearningRate): void {
  if (!isTensor(learningRate)) {
    requireRange(where, "learningRate", learningRate, 0);
  } else if (learningRate.dtype !== "float32" || learningRate.rank !== 0) {
    throw new GraphError(
      `${where}: learningRate is a ${learningRate.dtype} variable of shape [${learningRate.shape}]; ` +
        "give a number or a float32 scalar tf.Variable.",
    );
  }
}
