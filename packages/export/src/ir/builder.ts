/** Builds a graph value by value: constants once, names from the scope, layouts on demand. */
import { checkGraph } from "./check.js";
import { ConstantPool, type Weight } from "./constants.js";
import {
  keepsOrder,
  permutationTo,
  permuteList,
  reshapeTarget,
  sameInBothLayouts,
} from "./layout.js";
import { assignNames } from "./names.js";
import {
  type Attributes,
  type DataType,
  type Dim,
  type FloatConstant,
  type Graph,
  type IntConstant,
  ints,
  isConstant,
  type Layout,
  type Node,
  type Value,
} from "./types.js";

/** The operator set to write for: the newest that every runtime and server in reach takes. */
const DEFAULT_OPSET = 17;

/** What a node gives: float32 in the source layout unless said. */
export interface Output {
  shape: readonly Dim[];
  layout?: Layout;
  dtype?: DataType;
}

/** A graph being written: values, constants and nodes, by the functions of `ops`; layouts converted where asked for. */
export class GraphBuilder {
  /** Version of the ONNX operator set that is written for. */
  readonly opset: number;
  readonly #name: string;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new ConstantPool();
  /** Each converted value with its counterpart in the other layout, both ways. */
  readonly #counterparts = new Map<Value, Value>();
  #scope: readonly string[] = [];

  constructor(
    name: string,
    {
      metadata = {},
      opset = DEFAULT_OPSET,
    }: { metadata?: Readonly<Record<string, string>>; opset?: number } = {},
  ) {
    this.#name = name;
    this.#metadata = metadata;
    this.opset = opset;
  }

  /** An input of the graph, named exactly so; `shape` is that of the ONNX tensor in its layout. */
  input(
    name: string,
    shape: readonly Dim[],
    dtype: DataType = "float32",
    layout: Layout = "source",
  ): Value {
    const value: Value = { name, dtype, shape, layout };
    this.#inputs.push(value);
    return value;
  }

  /** Runs `body` with `name` before the names of all that it makes; scopes nest. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = [...outer, name];
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** Path of the layer being translated, such as `encoder/dense_1`; empty outside any. */
  get path(): string {
    return this.#scope.join("/");
  }

  /**
   * A float32 constant, row-major; one that equals an earlier one is that earlier one. Large ones do
   * not stay in memory where `data` is a function, which gives the same at each call; with the weight
   * that they are made of as `origin` they are not even read until they are written.
   */
  constant(
    name: string,
    data: Float32Array | (() => Float32Array),
    shape: readonly number[],
    origin?: object,
  ): FloatConstant {
    return this.#constants.float32(this.#scoped(name), data, shape, origin);
  }

  /** A weight as it stands: a large one is read when it is written, piece by piece. */
  weight(name: string, weight: Weight): FloatConstant {
    return this.#constants.weight(this.#scoped(name), weight);
  }

  /** A float32 constant of shape [], which broadcasts to any. */
  scalar(value: number): FloatConstant {
    return this.#constants.float32(`scalar_${value}`, Float32Array.of(value), []);
  }

  /** An int64 constant of shape [length]. */
  ints(values: readonly number[]): IntConstant {
    return this.#constants.int64(values);
  }

  /** Adds a node with one output and gives that output. `null` leaves an optional input out. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    output: Output,
    attributes: Attributes = {},
  ): Value {
    return this.nodeWith(op, inputs, [output], attributes)[0] as Value;
  }

  /** Adds a node with several outputs and gives them. */
  nodeWith(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly Output[],
    attributes: Attributes = {},
  ): Value[] {
    const values = outputs.map(({ shape, layout = "source", dtype = "float32" }) => {
      return { name: this.#scoped(op), dtype, shape, layout };
    });
    this.#nodes.push({ op, inputs: [...inputs], outputs: values, attributes });
    return values;
  }

  /**
   * The value in this layout: itself, the counterpart it has already (so that inverse conversions
   * cancel), or a new one. Where only axes of size 1 change place, a Reshape does it without moving
   * data.
   */
  as(value: Value, layout: Layout): Value {
    if (value.layout === layout || sameInBothLayouts(value)) return value;
    const known = this.#counterparts.get(value);
    if (known !== undefined) return known;
    const permutation = permutationTo(layout, value.shape.length);
    const shape = permuteList(value.shape, permutation);
    const converted = keepsOrder(value.shape, permutation)
      ? this.node("Reshape", [value, this.ints(reshapeTarget(shape, value.shape))], {
          ...value,
          shape,
          layout,
        })
      : this.node("Transpose", [value], { ...value, shape, layout }, { perm: ints(permutation) });
    this.#counterparts.set(value, converted).set(converted, value);
    return converted;
  }

  /** Makes the value an output, named exactly so, in the source's layout or another. */
  output(name: string, value: Value, layout: Layout = "source"): void {
    let result = this.as(value, layout);
    const taken = [...this.#inputs, ...this.#outputs].includes(result) || isConstant(result);
    if (taken) result = this.node("Identity", [result], result);
    result.name = name;
    this.#outputs.push(result);
  }

  /** The finished graph: names given, invariants checked. */
  build(): Graph {
    const graph: Graph = {
      name: this.#name,
      opset: this.opset,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      metadata: this.#metadata,
    };
    assignNames(graph);
    checkGraph(graph);
    return graph;
  }

  #scoped(name: string): string {
    return [...this.#scope, name].join("/");
  }
}
