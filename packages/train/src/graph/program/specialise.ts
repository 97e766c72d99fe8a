/** Checks the inputs of a call and tells for which shapes the function must have been captured. */
import type { DataType, Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { DisposedError, InputError } from "../errors.js";
import {
  DT,
  dtypeOf,
  type NativeBackend,
  nativeId,
  sameShape,
  sizeOf,
  type TypedArray,
} from "../native.js";

/** An input of a call: a tensor, or its values row by row. */
export type Input<T extends Tensor = Tensor> = T | TypedArray;

/** Shape and type of an input as captured. */
export interface InputSpecification {
  shape: readonly number[];
  dtype: DataType;
}

/** Which other shapes a call may have. */
export interface ShapeRules {
  /** Names the function in messages. */
  where: string;
  specifications: readonly InputSpecification[];
  /** Whether the first axis of an input may have another length. */
  variableBatch: boolean;
}

/** The shapes of the inputs. @throws InputError naming the input that does not fit, DisposedError for a dead one */
export function checkInputs(
  { where, specifications, variableBatch }: ShapeRules,
  inputs: readonly Input[],
): (readonly number[])[] {
  if (inputs.length !== specifications.length) {
    const { length } = specifications;
    throw new InputError(
      `"${where}" takes ${length} input${length === 1 ? "" : "s"} and was called with ${inputs.length}.`,
    );
  }
  return inputs.map((input, index) => {
    const expected = specifications[index]!;
    const refuse = (got: string) =>
      new InputError(
        `"${where}", input ${index}: captured for ${expected.dtype} [${expected.shape}], called with ${got}. ` +
          (variableBatch
            ? "Only the first axis may differ."
            : "Capture with { variableBatch: true } to let the first axis differ."),
      );
    if (ArrayBuffer.isView(input)) return shapeOfValues(input, expected, variableBatch, refuse);
    if (input?.isDisposed) {
      throw new DisposedError(`"${where}", input ${index}: the tensor is disposed.`);
    }
    const shape = input?.shape;
    if (!shape) throw refuse(String(input));
    const fits = variableBatch ? sameItem(shape, expected.shape) : sameShape(shape, expected.shape);
    if (!fits || input.dtype !== expected.dtype) throw refuse(`${input.dtype} [${shape}]`);
    return shape;
  });
}

function sameItem(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && sameShape(a.slice(1), b.slice(1));
}

function shapeOfValues(
  values: TypedArray,
  { shape, dtype }: InputSpecification,
  variableBatch: boolean,
  refuse: (got: string) => InputError,
): readonly number[] {
  const got = `${values.constructor.name} of length ${values.length}`;
  if (dtypeOf(values) !== dtype) throw refuse(got);
  if (values.length === sizeOf(shape)) return shape;
  const batch = values.length / sizeOf(shape.slice(1));
  if (!variableBatch || shape.length === 0 || !Number.isInteger(batch)) throw refuse(got);
  return [batch, ...shape.slice(1)];
}

/** The inputs as native tensors; `release` deletes those made for values. */
export function feedInputs(
  backend: NativeBackend,
  inputs: readonly Input[],
  shapes: readonly (readonly number[])[],
): { ids: number[]; release(): void } {
  const made: number[] = [];
  const ids = inputs.map((input, index) => {
    if (!ArrayBuffer.isView(input)) return nativeId(backend, input);
    const id = backend.binding.createTensor([...shapes[index]!], DT[dtypeOf(input)!], input);
    made.push(id);
    return id;
  });
  const release = () => {
    for (const id of made) backend.binding.deleteTensor(id);
  };
  return { ids, release };
}

/** Inputs as tensors to capture with. */
export function exampleInputs(
  tf: TensorFlow,
  inputs: readonly Input[],
  shapes: readonly (readonly number[])[],
): Tensor[] {
  return inputs.map((input, index) => {
    if (!ArrayBuffer.isView(input)) return input;
    return tf.tensor(input, [...shapes[index]!], dtypeOf(input));
  });
}
