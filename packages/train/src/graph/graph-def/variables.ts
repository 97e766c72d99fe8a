/** The variables of a program's graph, each with a way to read it and to write it from outside. */

import { StateError } from "../errors.js";
import { DT, dtypeName, sameShape } from "../native.js";
import { attribute, type GraphBuilder, type Output } from "./builder.js";

/** A variable of the session. */
export interface GraphVariable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: number;
  /** Value before anything is assigned: a number for every element, or that of the tf.Variable of this name. */
  readonly initial: number | "tf.Variable";
  readonly handle: Output;
  /** Fetched, gives the value. */
  readonly value: Output;
  /** Fed with a value, and `written` fetched, assigns it. */
  readonly feed: Output;
  readonly written: Output;
}

export type VariableSpecification = Pick<GraphVariable, "name" | "shape" | "dtype" | "initial">;

export class GraphVariables {
  readonly #graph: GraphBuilder;
  readonly #byName = new Map<string, GraphVariable>();
  readonly #changing = new Set<string>();

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  get all(): readonly GraphVariable[] {
    return [...this.#byName.values()];
  }

  /** Whether the program may change the variable, which is else that of tf.js for good. */
  isChanging({ name, initial }: GraphVariable): boolean {
    return initial !== "tf.Variable" || this.#changing.has(name);
  }

  /** Notes that the program changes the variable of this name. */
  markChanging(name: string): void {
    this.#changing.add(name);
  }

  find(name: string): GraphVariable | undefined {
    return this.#byName.get(name);
  }

  /** The variable of this name, made on first use. @throws StateError when one of the same name is another. */
  declare(specification: VariableSpecification): GraphVariable {
    const { name, shape, dtype, initial } = specification;
    const known = this.#byName.get(name);
    if (!known) return this.#make(specification);
    const same = known.dtype === dtype && sameShape(known.shape, shape);
    if (same && (known.initial === "tf.Variable") === (initial === "tf.Variable")) return known;
    throw new StateError(
      `Variable "${name}" is ${dtypeName(known.dtype)} [${known.shape}] in the program and is now to be ` +
        `${dtypeName(dtype)} [${shape}]. Give the tf.Variable or the train function another name.`,
    );
  }

  /** The variable's value; the read waits for `after`. */
  read({ handle, dtype }: GraphVariable, after: Iterable<Output> = []): Output {
    const attributes = { dtype: attribute.type(dtype) };
    return this.#graph.add("ReadVariableOp", [handle], attributes, { after });
  }

  /** Assigns `value` once `after` have run; returns the node to wait for. */
  assign({ handle, dtype }: GraphVariable, value: Output, after: Iterable<Output>): Output {
    const attributes = { dtype: attribute.type(dtype) };
    return this.#graph.add("AssignVariableOp", [handle, value], attributes, { after });
  }

  #make({ name, shape, dtype, initial }: VariableSpecification): GraphVariable {
    const graph = this.#graph;
    const id = `variable_${this.#byName.size}`;
    const type = attribute.type(dtype);
    const attributes = {
      dtype: type,
      shape: attribute.shape(shape),
      shared_name: attribute.text(id),
    };
    const handle = graph.add("VarHandleOp", [], attributes, { name: id });
    const read = graph.add("ReadVariableOp", [handle], { dtype: type }, { name: `${id}/read` });
    const value = graph.identity(read, dtype, { name: `${id}/value` });
    const feed = graph.placeholder(shape, dtype, `${id}/feed`);
    const assign = graph.add("AssignVariableOp", [handle, feed], { dtype: type });
    const written = graph.identity(graph.scalar(1, "int32"), DT.int32, {
      name: `${id}/written`,
      after: [assign],
    });
    const variable = { name, shape, dtype, initial, handle, value, feed, written };
    this.#byName.set(name, variable);
    return variable;
  }
}
