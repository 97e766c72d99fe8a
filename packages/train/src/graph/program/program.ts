/** A program: captured functions over shared variables in one native session. */
import type { NamedTensorMap, Optimizer, Tensor, Variable } from "@tensorflow/tfjs-node";
import { isObject, requireArgument } from "../../argument.js";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError, DisposedError, GraphError } from "../errors.js";
import { GraphBuilder } from "../graph-def/builder.js";
import { GraphVariables } from "../graph-def/variables.js";
import { isTensor, type NativeBackend, nativeBackend } from "../native.js";
import { prepareOptimizer } from "../optimizers/captured.js";
import type { FusedOptimizer } from "../optimizers/optimizer.js";
import { type FusedUpdate, learningRateName } from "./compile.js";
import { Definition } from "./definition.js";
import type { CapturedFunction, TrainFunction } from "./function.js";
import { LoadedGraph } from "./loaded-graph.js";
import type { Outputs } from "./structure.js";
import { functionTrace, lossTrace, type UserFunction } from "./trace.js";

/** How a function is captured. */
export interface CaptureOptions {
  /**
   * Lets the first axis of the inputs have other lengths: for each, the function is captured again at its first call.
   * Default false.
   */
  variableBatch?: boolean;
  /**
   * Runs backward passes on TensorFlow's own gradient operators: faster, but without second derivatives, which are
   * an error. Default true.
   */
  nativeGradients?: boolean;
}

/** What is made of gradients. */
type Observed = { readonly [name: string]: Tensor };

/** How a loss is captured together with its gradients and the update of its variables. */
export interface TrainOptions<E = unknown> extends CaptureOptions {
  /** Trainable tf.Variables of float32; of a layers model, `model.trainableWeights.map((w) => w.read())`. */
  variables: readonly Tensor[];
  /** From `adam`, `adamW` or `sgd`; or any optimizer of tf.js, which is captured, its learning rate frozen. */
  optimizer: FusedOptimizer | Optimizer;
  /** More outputs, beside a record that the function returns: of the gradients (by variable name), as their norm. */
  observeGradients?: (gradients: NamedTensorMap) => E & Observed;
  /** Applied to the gradients (by variable name) before the optimizer, as for clipping. */
  transformGradients?: (gradients: NamedTensorMap) => NamedTensorMap;
}

/**
 * Functions of ordinary tf.js code, each captured once and then run as one TensorFlow graph.
 *
 * The tf.Variables that they use get a counterpart in the session, which starts with their value and is the one
 * that moves on: `toVariables` brings values back, `fromVariables` sends them again.
 */
export class Program {
  readonly #tf: TensorFlow;
  readonly #backend: NativeBackend;
  readonly #graph = new GraphBuilder();
  readonly #variables = new GraphVariables(this.#graph);
  readonly #loaded: LoadedGraph;
  readonly #names = new Set<string>();
  #disposed = false;

  /** @throws GraphError when tf.js does not run on native TensorFlow */
  constructor(tf: TensorFlow) {
    this.#tf = tf;
    this.#backend = nativeBackend(tf);
    this.#loaded = new LoadedGraph(tf, this.#backend, this.#graph, this.#variables);
  }

  /**
   * Captures a synchronous function of tensors. It is run twice, rarely three times, on the examples: any values
   * that it accepts, of the shapes and types that calls will have. Numbers and decisions of JavaScript are frozen as
   * they are then.
   *
   * @param name unique in the program
   * @throws CaptureError naming what in the function cannot be captured, and the remedy
   */
  capture<const I extends readonly Tensor[], O extends Outputs>(
    name: string,
    f: (...inputs: I) => O,
    examples: I,
    options: CaptureOptions = {},
  ): CapturedFunction<I, O> {
    this.#claim(name, f, examples);
    const traced = functionTrace(this.#tf, name, f as unknown as UserFunction);
    const definition = this.#define(name, traced, examples, options, undefined);
    return definition.callable() as CapturedFunction<I, O>;
  }

  /**
   * Captures a training step: the loss of `f`, its gradients and the optimizer's update.
   *
   * @param f returns the loss, a float32 scalar, or a record of it as `loss` and of anything else worth knowing
   * @throws CaptureError as `capture`, and for a variable on which the loss does not depend
   */
  train<const I extends readonly Tensor[], O extends Outputs, E = unknown>(
    name: string,
    f: (...inputs: I) => O,
    examples: I,
    options: TrainOptions<E>,
  ): TrainFunction<I, O & E> {
    this.#claim(name, f, examples);
    const given = isObject(options) && isObject(options.optimizer);
    const wanted = "{ variables, optimizer }, the optimizer from adam, adamW or sgd";
    requireArgument(GraphError, given, `"${name}", options`, options, wanted);
    const { optimizer, observeGradients, transformGradients } = options;
    const variables = this.#trainable(name, options.variables);
    const fused = "fused" in optimizer;
    if (!fused) prepareOptimizer(this.#tf, optimizer, variables);
    const apply = fused ? undefined : (g: NamedTensorMap) => optimizer.applyGradients(g);
    const user = f as unknown as UserFunction;
    const hooks = { observeGradients, transformGradients, apply };
    const traced = lossTrace(this.#tf, name, user, { variables, ...hooks });
    const update = fused
      ? { optimizer, prefix: name, variables: variables.map((variable) => variable.name) }
      : undefined;
    const definition = this.#define(name, traced, examples, options, update);
    return this.#withLearningRate(definition.callable(), name, update) as TrainFunction<I, O & E>;
  }

  /** Loads what was captured since the last call; otherwise the first call of a new function does. */
  load(): void {
    this.#requireAlive();
    this.#loaded.load();
  }

  /** Gives the tf.Variables that the program changes the values that they have in the session, bit for bit. */
  toVariables(): void {
    this.#requireAlive();
    this.#loaded.toVariables();
  }

  /** Gives the session the values of the tf.Variables, bit for bit; slots and counters stay. */
  fromVariables(): void {
    this.#requireAlive();
    this.#loaded.fromVariables();
  }

  /**
   * Everything that the program changes, by name: variables, slots, rates, counters. A tf.Variable that its functions
   * only read, such as a data set, is not among them. The caller owns the tensors.
   */
  state(): NamedTensorMap {
    this.#requireAlive();
    return this.#loaded.state();
  }

  /**
   * Takes a state back, bit for bit.
   * @throws StateError unless names, shapes and types are those of `state()`; nothing has changed then
   */
  restore(state: Readonly<NamedTensorMap>): void {
    this.#requireAlive();
    this.#loaded.restore(state);
  }

  /** Frees the session. The tf.Variables keep the values that they have. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#loaded.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #define(
    name: string,
    traced: ReturnType<typeof functionTrace>,
    examples: readonly Tensor[],
    { variableBatch = false, nativeGradients = true }: CaptureOptions,
    update: FusedUpdate | undefined,
  ): Definition {
    const definition = new Definition({
      tf: this.#tf,
      backend: this.#backend,
      graph: this.#graph,
      variables: this.#variables,
      loaded: this.#loaded,
      requireAlive: () => this.#requireAlive(),
      ...{ name, traced, examples, variableBatch, nativeGradients, update },
    });
    this.#names.add(name);
    return definition;
  }

  #withLearningRate(f: object, name: string, update: FusedUpdate | undefined): object {
    const rate = () => {
      this.#requireAlive();
      if (update) return learningRateName(update.optimizer, update.prefix);
      throw new GraphError(
        `"${name}" was captured with an optimizer of tf.js, whose learning rate is frozen. Use adam, adamW or sgd.`,
      );
    };
    return Object.defineProperty(f, "learningRate", {
      get: () => this.#loaded.readScalar(rate()),
      set: (value: number) => this.#loaded.writeScalar(rate(), value),
    });
  }

  #trainable(name: string, variables: readonly Tensor[]): Variable[] {
    const { Variable } = this.#tf;
    const listed = Array.isArray(variables) && variables.every(isTensor);
    requireArgument(
      GraphError,
      listed,
      `"${name}", variables`,
      variables,
      "an array of tf.Variables",
    );
    if (variables.length === 0 || new Set(variables).size < variables.length) {
      throw new CaptureError(
        `"${name}" cannot be trained: \`variables\` ${variables.length > 0 ? "holds one twice" : "is empty"}. ` +
          "List each variable to be trained once.",
      );
    }
    return variables.map((variable) => {
      if (variable instanceof Variable && variable.dtype === "float32") return variable;
      throw new CaptureError(
        `"${name}" cannot be trained: one of \`variables\` is ${variable.dtype} [${variable.shape}] and no float32 ` +
          "tf.Variable. Make it with tf.variable.",
      );
    });
  }

  #claim(name: string, f: unknown, examples: readonly Tensor[]): void {
    this.#requireAlive();
    requireArgument(GraphError, typeof name === "string", "name of a function", name, "a string");
    requireArgument(GraphError, typeof f === "function", `"${name}"`, f, "a function of tensors");
    const given = Array.isArray(examples) && examples.every(isTensor);
    const wanted = "an array of a tensor for each input";
    requireArgument(GraphError, given, `"${name}", examples`, examples, wanted);
    if (!this.#names.has(name)) return;
    throw new GraphError(`The program has a function "${name}" already. Give each its own name.`);
  }

  #requireAlive(): void {
    if (this.#disposed) throw new DisposedError("The program is disposed. Make a new one.");
  }
}
