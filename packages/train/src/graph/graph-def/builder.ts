/** A TensorFlow graph under construction: nodes, constants and variables. */
import { DT, dtypeName, sizeOf } from "../native.js";
import {
  type AttributeMessage,
  encodeSavedModel,
  type NodeMessage,
  type ShapeMessage,
} from "./messages.js";

/** Where a value comes from: "node" for its first output, "node:1" for the second. */
export type Output = string;

/** A tensor whose value the graph holds. */
export interface ConstantValue {
  shape: readonly number[];
  dtype: number;
  /** Little-endian, row by row. */
  bytes: Uint8Array;
}

export interface NodeOptions {
  name?: string;
  /** Nodes to wait for. */
  after?: Iterable<Output>;
}

/** Constructors of attributes, by kind. */
export const attribute = {
  type: (type: number): AttributeMessage => ({ type }),
  int: (i: number): AttributeMessage => ({ i }),
  float: (f: number): AttributeMessage => ({ f }),
  flag: (b: boolean): AttributeMessage => ({ b }),
  text: (text: string): AttributeMessage => ({ s: Buffer.from(text) }),
  shape: (shape: readonly number[]): AttributeMessage => ({ shape: shapeMessage(shape) }),
};

function shapeMessage(shape: readonly number[]): ShapeMessage {
  return { dim: shape.map((size) => ({ size })) };
}

/** Elements from which a constant of one repeated value is written as Fill instead of in full. */
const FILL_FROM = 64;

/** Bytes up to which equal constants are found and written once. */
const SHARE_UP_TO = 256;

export class GraphBuilder {
  readonly #nodes: NodeMessage[] = [];
  readonly #shared = new Map<string, Output>();

  /** Number of nodes. */
  get length(): number {
    return this.#nodes.length;
  }

  /** Adds a node and returns its first output. */
  add(
    operator: string,
    inputs: readonly Output[] = [],
    attributes: Record<string, AttributeMessage> = {},
    { name = `${operator}_${this.#nodes.length}`, after = [] }: NodeOptions = {},
  ): Output {
    const control = new Set(Array.from(after, (output) => `^${output.split(":")[0]}`));
    const input = [...inputs, ...control];
    this.#nodes.push({ name, op: operator, input, attr: attributes });
    return name;
  }

  /** An elementwise or similar operator whose only attribute is its data type, float32 unless said otherwise. */
  typed(operator: string, inputs: readonly Output[], dtype: number = DT.float32): Output {
    return this.add(operator, inputs, { T: attribute.type(dtype) });
  }

  /** @returns an output that is `input` once the nodes `after` have run. */
  identity(input: Output, dtype: number, options: NodeOptions = {}): Output {
    return this.add("Identity", [input], { T: attribute.type(dtype) }, options);
  }

  placeholder(shape: readonly number[], dtype: number, name: string): Output {
    const attributes = { dtype: attribute.type(dtype), shape: attribute.shape(shape) };
    return this.add("Placeholder", [], attributes, { name });
  }

  scalar(value: number, dtype: "float32" | "float64" | "int32" = "float32"): Output {
    const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
    const { buffer } = new arrays[dtype]([value]);
    return this.constant({ shape: [], dtype: DT[dtype], bytes: new Uint8Array(buffer) });
  }

  /** int32 constants, a list unless of another shape. */
  integers(numbers: readonly number[], shape: readonly number[] = [numbers.length]): Output {
    const bytes = new Uint8Array(Int32Array.from(numbers).buffer);
    return this.constant({ shape, dtype: DT.int32, bytes });
  }

  /** A float32 value in another shape, in which one length may be -1. */
  reshape(value: Output, shape: readonly number[]): Output {
    const attributes = { T: attribute.type(DT.float32), Tshape: attribute.type(DT.int32) };
    return this.add("Reshape", [value, this.integers(shape)], attributes);
  }

  constant(value: ConstantValue): Output {
    const { shape, dtype, bytes } = value;
    if (bytes.length > SHARE_UP_TO) return this.#writeConstant(value);
    const key = `${dtypeName(dtype)} [${shape}] ${Buffer.from(bytes).toString("base64")}`;
    const known = this.#shared.get(key);
    if (known) return known;
    const output = this.#writeConstant(value);
    this.#shared.set(key, output);
    return output;
  }

  #writeConstant({ shape, dtype, bytes }: ConstantValue): Output {
    const width = bytes.length / sizeOf(shape);
    if (sizeOf(shape) >= FILL_FROM && isUniform(bytes, width)) {
      return this.#fill(shape, { shape: [], dtype, bytes: bytes.slice(0, width) });
    }
    const tensor = { dtype, tensorShape: shapeMessage(shape), tensorContent: bytes };
    return this.add("Const", [], { dtype: attribute.type(dtype), value: { tensor } });
  }

  #fill(shape: readonly number[], value: ConstantValue): Output {
    const attributes = { T: attribute.type(value.dtype), index_type: attribute.type(DT.int32) };
    return this.add("Fill", [this.integers(shape), this.constant(value)], attributes);
  }

  /** The bytes of a SavedModel with all nodes so far. */
  serialize(): Uint8Array {
    return encodeSavedModel(this.#nodes);
  }
}

/** Whether the elements, each `width` bytes long, are all the same to the bit. */
export function isUniform(bytes: Uint8Array, width: number): boolean {
  return Buffer.compare(bytes.subarray(width), bytes.subarray(0, -width)) === 0;
}
