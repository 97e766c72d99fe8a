/** The graph that translators build, passes rewrite and `proto/` writes: plain objects. */

export type DataType = "float32" | "float16" | "int8" | "int32" | "int64" | "bool";

/** The name of the batch axis, the one size that a graph leaves open. */
export const BATCH = "N";

/** A known size, or the name of an open one. */
export type Dim = number | string;

/**
 * How a value's axes stand to the axes that the source model sees: the same order, or the last one
 * (channels) moved behind the batch, as ONNX convolutions want it ([N, H, W, C] held as [N, C, H,
 * W]).
 */
export type Layout = "source" | "channels-first";

/** A tensor of the graph. `shape` is that of the ONNX tensor, whatever its layout. */
export interface Value {
  /** A wish until `assignNames` makes it unique. */
  name: string;
  readonly dtype: DataType;
  readonly shape: readonly Dim[];
  readonly layout: Layout;
}

/** How the elements of constants are held; of float16, their bits. */
export interface Elements {
  float32: Float32Array;
  float16: Uint16Array;
  int8: Int8Array;
  int64: BigInt64Array;
}

/** A value known at export, row-major. Reading `data` may compute it: read once, keep it no longer than needed. */
export interface ConstantOf<D extends keyof Elements> extends Value {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Elements[D];
  /** The same elements piece by piece, each good until the next is asked for, where they can be had so. */
  readonly pieces?: () => Iterable<Elements[D]>;
}

/** A constant of float32 elements. */
export type FloatConstant = ConstantOf<"float32">;
/** A constant of int64 elements, as shapes and axes are. */
export type IntConstant = ConstantOf<"int64">;
/** Elements in row-major order with their type and shape. */
export type Constant = { [D in keyof Elements]: ConstantOf<D> }[keyof Elements];

const ELEMENT_BYTES: Readonly<Record<keyof Elements, number>> = {
  float32: 4,
  float16: 2,
  int8: 1,
  int64: 8,
};

/** How many bytes a constant's elements take. */
export function byteLength({ dtype, shape }: Pick<Constant, "dtype" | "shape">): number {
  return shape.reduce((bytes, size) => bytes * size, ELEMENT_BYTES[dtype]);
}

/** The elements piece by piece, each good until the next is asked for; in one piece where they are only had so. */
export function piecesOf(value: Constant): Iterable<Constant["data"]> {
  return value.pieces?.() ?? [value.data];
}

/** A value that an ONNX node fixes, of one of the types of AttributeProto. */
export type Attribute =
  | { readonly type: "int" | "float"; readonly value: number }
  | { readonly type: "ints" | "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] };

/** Attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** One ONNX operator, named by its first output. A `null` input is an optional one left out. */
export interface Node {
  op: string;
  inputs: (Value | null)[];
  outputs: Value[];
  attributes: Attributes;
}

/** Nodes stand in an order to compute them in; constants are found by their uses. */
export interface Graph {
  readonly name: string;
  /** Version of the ONNX operator set. */
  readonly opset: number;
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  /** Free text stored with the model, by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

export function isConstant(value: Value | null | undefined): value is Constant {
  return value != null && "data" in value;
}

export function isFloats(value: Value | null | undefined): value is FloatConstant {
  return isConstant(value) && value.dtype === "float32";
}

/** Every constant that a node uses, in order of first use. */
export function constantsOf(graph: Graph): Constant[] {
  const found = new Set<Constant>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (isConstant(input)) found.add(input);
  }
  return [...found];
}

export const int = (value: number): Attribute => ({ type: "int", value });
export const float = (value: number): Attribute => ({ type: "float", value });
export const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });
export const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });
export const string = (value: string): Attribute => ({ type: "string", value });
export const strings = (value: readonly string[]): Attribute => ({ type: "strings", value });
