/** The session of a program: loaded again when the graph has grown, its values carried over. */
import type { NamedTensorMap } from "@tensorflow/tfjs-node";
import type { TensorMetadata } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import type { TensorFlow } from "../../tensorflow/index.js";
import { GraphError } from "../errors.js";
import type { GraphBuilder } from "../graph-def/builder.js";
import type { GraphVariable, GraphVariables } from "../graph-def/variables.js";
import { type NativeBackend, nativeId } from "../native.js";
import { Session } from "./session.js";
import {
  initialValue,
  matchState,
  readVariables,
  tensorFlowVariable,
  writeVariables,
} from "./state.js";

export class LoadedGraph {
  readonly #tf: TensorFlow;
  readonly #backend: NativeBackend;
  readonly #graph: GraphBuilder;
  readonly #variables: GraphVariables;
  #session: Session | undefined;
  /** Nodes of the graph when it was loaded. */
  #nodes = 0;
  /** Variables that the session holds. */
  #held: readonly GraphVariable[] = [];

  constructor(
    tf: TensorFlow,
    backend: NativeBackend,
    graph: GraphBuilder,
    variables: GraphVariables,
  ) {
    this.#tf = tf;
    this.#backend = backend;
    this.#graph = graph;
    this.#variables = variables;
  }

  /** The session, with the whole graph in it. */
  load(): Session {
    return this.sessionWith(this.#graph.length);
  }

  /** A session that has at least the first `nodes` nodes of the graph. */
  sessionWith(nodes: number): Session {
    if (this.#session && nodes <= this.#nodes) return this.#session;
    const session = new Session(this.#backend, this.#graph.serialize());
    try {
      this.#carryOver(session);
    } catch (error) {
      session.dispose();
      throw error;
    }
    this.#session?.dispose();
    this.#session = session;
    this.#nodes = this.#graph.length;
    this.#held = this.#variables.all;
    return session;
  }

  #carryOver(session: Session): void {
    const old = this.#session ? readVariables(this.#session, this.#held) : [];
    try {
      this.#tf.tidy(() => {
        const values = this.#variables.all.map((variable, index) => {
          const id = old[index]?.id ?? nativeId(this.#backend, initialValue(this.#tf, variable));
          return { variable, id };
        });
        writeVariables(this.#backend, session, values);
      });
    } finally {
      this.#delete(old);
    }
  }

  toVariables(): void {
    const session = this.load();
    const variables = this.#changing().filter(({ initial }) => initial === "tf.Variable");
    const targets = variables.map(({ name }) => tensorFlowVariable(this.#tf, name));
    this.#tf.tidy(() => {
      for (const [index, result] of readVariables(session, variables).entries()) {
        targets[index]!.assign(this.#backend.createOutputTensor(result));
      }
    });
  }

  fromVariables(): void {
    const session = this.load();
    const variables = this.#held.filter(({ initial }) => initial === "tf.Variable");
    const values = variables.map((variable) => {
      const id = nativeId(this.#backend, tensorFlowVariable(this.#tf, variable.name));
      return { variable, id };
    });
    writeVariables(this.#backend, session, values);
  }

  state(): NamedTensorMap {
    const session = this.load();
    const variables = this.#changing();
    const entries = readVariables(session, variables).map((result, index) => {
      return [variables[index]!.name, this.#backend.createOutputTensor(result)] as const;
    });
    return Object.fromEntries(entries);
  }

  restore(state: Readonly<NamedTensorMap>): void {
    const session = this.load();
    writeVariables(this.#backend, session, matchState(this.#backend, state, this.#changing()));
  }

  readScalar(name: string): number {
    const results = readVariables(this.load(), [this.#variables.find(name)!]);
    const [value] = this.#backend.binding.tensorDataSync(results[0]!.id);
    this.#delete(results);
    return value!;
  }

  writeScalar(name: string, value: number): void {
    if (!Number.isFinite(value)) {
      throw new GraphError(`"${name}" cannot be set to ${value}. Give a finite number.`);
    }
    const session = this.load();
    const variable = this.#variables.find(name)!;
    this.#tf.tidy(() => {
      const id = nativeId(this.#backend, this.#tf.scalar(value));
      writeVariables(this.#backend, session, [{ variable, id }]);
    });
  }

  dispose(): void {
    this.#session?.dispose();
    this.#session = undefined;
  }

  #changing(): GraphVariable[] {
    return this.#held.filter((variable) => this.#variables.isChanging(variable));
  }

  #delete(results: readonly TensorMetadata[]): void {
    for (const { id } of results) this.#backend.binding.deleteTensor(id);
  }
}
