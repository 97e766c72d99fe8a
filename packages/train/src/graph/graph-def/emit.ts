/** Writes a recording into a graph as nodes. */
import type { TFEOpAttr } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import { GraphError } from "../errors.js";
import type { Operation, Recording } from "../recording/recording.js";
import { attribute, type GraphBuilder, type Output } from "./builder.js";
import { isActivation, Matrices } from "./matrices.js";
import type { AttributeMessage } from "./messages.js";
import { oneChannelConvolution } from "./one-channel-convolution.js";
import { addInOrder, fence, isMatrixSum, isSum } from "./sums.js";
import type { GraphVariables } from "./variables.js";

/** Update nodes of the step before, by variable: whoever reads or writes the variable waits for them. */
export type Pending = ReadonlyMap<string, Output>;

/** Operators that fail on bad values, such as an index out of range: every update waits for them. */
const FALLIBLE =
  /^(Gather|GatherV2|GatherNd|ScatterNd|TensorScatterUpdate|UnsortedSegmentSum|SparseToDense)$/;

/** One pass through a recording; several make several steps of a program. */
export class StepEmitter {
  readonly #graph: GraphBuilder;
  readonly #variables: GraphVariables;
  readonly #recording: Recording;
  readonly #inputs: readonly Output[];
  readonly #pending: Pending;
  readonly #emitted = new Map<number, Output>();
  readonly #reads = new Map<string, Output>();
  readonly #readers = new Map<string, Output[]>();
  readonly #fallible: Output[] = [];
  readonly #matrices: Matrices;
  /** Values that have a variable's memory, by number, with its name: whoever takes them reads the variable. */
  readonly #views = new Map<number, string>();
  /** Values that are sums, and those that are of two matrices. */
  readonly #sums = new Set<number>();
  readonly #matrixSums = new Set<number>();

  constructor(
    graph: GraphBuilder,
    variables: GraphVariables,
    recording: Recording,
    inputs: readonly Output[],
    pending: Pending,
  ) {
    this.#graph = graph;
    this.#variables = variables;
    this.#recording = recording;
    this.#inputs = inputs;
    this.#pending = pending;
    this.#matrices = new Matrices(graph, recording.values);
    for (const operation of recording.operations) this.#emit(operation);
  }

  /** The function's outputs. */
  outputs(): Output[] {
    return this.#recording.outputs.map((number) => this.#operand(number));
  }

  /** Variables that the function assigns itself, with their new values. */
  updates(): { variable: string; value: Output }[] {
    return this.#recording.updates.map(({ variable, value }) => {
      const { shape, dtype } = this.#recording.values[value]!;
      this.#variables.declare({ name: variable, shape, dtype, initial: "tf.Variable" });
      return { variable, value: this.#operand(value) };
    });
  }

  /** The value of a declared variable in this step. */
  read(name: string): Output {
    const known = this.#reads.get(name);
    if (known) return known;
    const wait = this.#pending.get(name);
    const output = this.#variables.read(this.#variables.find(name)!, wait ? [wait] : []);
    this.#reads.set(name, output);
    this.#readers.set(name, [output]);
    return output;
  }

  /** What an update of the variable waits for: its readers, its last update, and whatever may still fail. */
  before(name: string): Output[] {
    const wait = this.#pending.get(name);
    return [...(this.#readers.get(name) ?? []), ...(wait ? [wait] : []), ...this.#fallible];
  }

  #emit(operation: Operation): void {
    const { name, attributes, inputs, outputs } = operation;
    const { values } = this.#recording;
    const messages = toMessages(attributes);
    // Eager execution infers the one type that tfjs-node leaves out.
    if (name === "ExpandDims") messages.T ??= attribute.type(values[inputs[0]!]!.dtype);
    const fenced = isSum(name) ? this.#sums : isActivation(name) ? this.#matrixSums : undefined;
    const operands = inputs.map((number) => {
      const operand = this.#operand(number);
      return fenced?.has(number) ? fence(this.#graph, operand, values[number]!) : operand;
    });
    const node =
      name === "AddN"
        ? addInOrder(this.#graph, operands, values[outputs[0]!]!)
        : (this.#matrices.emit(operation, operands, messages) ??
          oneChannelConvolution(this.#graph, operation, values, operands) ??
          this.#graph.add(name, operands, messages));
    if (FALLIBLE.test(name)) this.#fallible.push(node);
    for (const number of inputs) {
      const value = values[number]!;
      const variable = value.kind === "variable" ? value.name : this.#views.get(number);
      if (variable === undefined) continue;
      this.#readers.get(variable)!.push(this.#matrices.find(outputs[0]!) ?? node);
      if (name === "Reshape") this.#views.set(outputs[0]!, variable);
    }
    for (const [index, number] of outputs.entries()) {
      this.#emitted.set(number, index === 0 ? node : `${node}:${index}`);
    }
    if (isSum(name)) this.#sums.add(outputs[0]!);
    if (isMatrixSum(operation, values)) this.#matrixSums.add(outputs[0]!);
  }

  #operand(number: number): Output {
    const known = this.#emitted.get(number);
    if (known) return known;
    const output = this.#source(number);
    this.#emitted.set(number, output);
    return output;
  }

  #source(number: number): Output {
    const value = this.#recording.values[number]!;
    if (value.kind === "input") return this.#inputs[value.index]!;
    if (value.kind === "constant") return this.#graph.constant(value);
    if (value.kind === "result") throw new GraphError(`Value ${number} is used before it is made.`);
    const { name, shape, dtype } = value;
    this.#variables.declare({ name, shape, dtype, initial: "tf.Variable" });
    return this.read(name);
  }
}

const listOr =
  <T>(list: (values: T[]) => AttributeMessage, one: (value: T) => AttributeMessage) =>
  (value: T | T[]) =>
    Array.isArray(value) ? list(value) : one(value);

/** tfjs-node's attributes by kind, in the order of the numbers of TF_AttrType (tensorflow/c/tf_attrtype.h). */
const KINDS: readonly ((value: never) => AttributeMessage)[] = [
  attribute.text,
  listOr((i: number[]) => ({ list: { i } }), attribute.int),
  listOr((f: number[]) => ({ list: { f } }), attribute.float),
  listOr((b: boolean[]) => ({ list: { b } }), attribute.flag),
  attribute.type,
  attribute.shape,
];

function toMessages(attributes: readonly TFEOpAttr[]): Record<string, AttributeMessage> {
  return Object.fromEntries(
    attributes.map(({ name, type, value }) => [name, KINDS[type]!(value as never)]),
  );
}
