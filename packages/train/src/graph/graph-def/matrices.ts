/**
 * Products of matrices by the operator made for them. tf.js takes that of batches, most often of one, [1, m, k] by
 * [1, k, n], which is slower and which TensorFlow does not join with the bias and the activation after it.
 */
import { DT, sameShape } from "../native.js";
import type { Operation, Value } from "../recording/recording.js";
import { attribute, type GraphBuilder, type Output } from "./builder.js";
import type { AttributeMessage } from "./messages.js";

/** Activations that TensorFlow joins with a product. */
const ACTIVATIONS = /^(Relu|Relu6|Elu|LeakyRelu|Sigmoid|Tanh)$/;

export const isActivation = (operator: string): boolean => ACTIVATIONS.test(operator);

const NO = attribute.flag(false);

/** The matrices of one pass through a recording. */
export class Matrices {
  readonly #graph: GraphBuilder;
  readonly #values: readonly Value[];
  /** Values of shape [1, m, n] that are at hand as [m, n], by number. */
  readonly #matrices = new Map<number, Output>();

  constructor(graph: GraphBuilder, values: readonly Value[]) {
    this.#graph = graph;
    this.#values = values;
  }

  /** A value of shape [1, m, n] as [m, n], if it is at hand. */
  find(number: number): Output | undefined {
    return this.#matrices.get(number);
  }

  /** The output of an operator that works on a batch of one matrix; undefined for any other. */
  emit(
    operation: Operation,
    operands: readonly Output[],
    attributes: Record<string, AttributeMessage>,
  ): Output | undefined {
    const { name } = operation;
    if (name === "Reshape") return this.#reshape(operation, operands);
    if (name === "BatchMatMulV2") return this.#product(operation, operands, attributes);
    if (name === "Add" || name === "AddV2") return this.#biased(operation, operands);
    return isActivation(name) ? this.#activated(operation, attributes) : undefined;
  }

  #reshape({ inputs, outputs }: Operation, [operand]: readonly Output[]): Output | undefined {
    const [from, to] = [this.#shape(inputs[0]!), this.#shape(outputs[0]!)];
    if (isBatchOfOne(to) && sameShape(from, to.slice(1))) this.#matrices.set(outputs[0]!, operand!);
    const isMatrix = isBatchOfOne(from) && sameShape(from.slice(1), to);
    return isMatrix ? this.#matrices.get(inputs[0]!) : undefined;
  }

  #product(
    { inputs, outputs }: Operation,
    operands: readonly Output[],
    { adj_x = NO, adj_y = NO }: Record<string, AttributeMessage>,
  ): Output | undefined {
    const { shape, dtype } = this.#values[outputs[0]!]!;
    const single = inputs.every((number) => isSingle(this.#shape(number)));
    if (dtype !== DT.float32 || !single) return undefined;
    const matrices = inputs.map((number, index) => this.#matrix(number, operands[index]!));
    const product = this.#graph.add("MatMul", matrices, {
      T: attribute.type(dtype),
      transpose_a: adj_x,
      transpose_b: adj_y,
    });
    return shape.length === 2 ? product : this.#batchOfOne(outputs[0]!, product);
  }

  #biased({ inputs, outputs }: Operation, operands: readonly Output[]): Output | undefined {
    const matrix = this.#matrices.get(inputs[0]!);
    const bias = this.#shape(inputs[1]!);
    const { shape, dtype } = this.#values[outputs[0]!]!;
    if (!matrix || dtype !== DT.float32 || !sameShape(bias, shape.slice(2))) return undefined;
    if (!sameShape(shape, this.#shape(inputs[0]!))) return undefined;
    const sum = this.#graph.typed("BiasAdd", [matrix, operands[1]!]);
    return this.#batchOfOne(outputs[0]!, sum);
  }

  #activated(
    { name, inputs, outputs }: Operation,
    attributes: Record<string, AttributeMessage>,
  ): Output | undefined {
    const matrix = this.#matrices.get(inputs[0]!);
    return matrix && this.#batchOfOne(outputs[0]!, this.#graph.add(name, [matrix], attributes));
  }

  #matrix(number: number, operand: Output): Output {
    const shape = this.#shape(number);
    if (shape.length === 2) return operand;
    return this.#matrices.get(number) ?? this.#graph.reshape(operand, shape.slice(1));
  }

  /** The matrix as the recording has it; a node that nobody reads is not run. */
  #batchOfOne(number: number, matrix: Output): Output {
    this.#matrices.set(number, matrix);
    return this.#graph.reshape(matrix, this.#shape(number));
  }

  #shape(number: number): readonly number[] {
    return this.#values[number]!.shape;
  }
}

/** Whether there is one matrix, in a batch or by itself. */
function isSingle(shape: readonly number[]): boolean {
  return shape.length === 2 || isBatchOfOne(shape);
}

function isBatchOfOne(shape: readonly number[]): boolean {
  return shape.length === 3 && shape[0] === 1;
}
