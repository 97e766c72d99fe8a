/** Stands in for tfjs-node's native binding and writes down what passes through it. */
import type { TensorMetadata, TFEOpAttr } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import { type ConstantValue, isUniform } from "../graph-def/builder.js";
import { DT, dtypeName, type NativeBinding, sizeOf } from "../native.js";
import type { Guard } from "./guard.js";
import type { IsolatedVariables } from "./isolate.js";
import type { Operation, Recording, Value } from "./recording.js";

/** Elements of the largest tensor that is written into a graph as a constant: 4 MiB of float32. */
const LARGEST_CONSTANT = 2 ** 20;

/** Native operators whose result depends on a hidden state. */
const STATEFUL_RANDOM = /^(Random|Multinomial|Truncated|Parameterized|Stateful)/;

export class Recorder {
  readonly #native: NativeBinding;
  readonly #guard: Guard;
  readonly #variables: IsolatedVariables;
  /** Identifiers of values that earlier recordings of the same function computed. */
  readonly #stale: ReadonlySet<number>;
  readonly #values: Value[] = [];
  readonly #operations: Operation[] = [];
  readonly #numberOf = new Map<number, number>();
  readonly #made = new Map<number, ConstantValue>();

  constructor(
    native: NativeBinding,
    guard: Guard,
    variables: IsolatedVariables,
    stale: ReadonlySet<number>,
  ) {
    this.#native = native;
    this.#guard = guard;
    this.#variables = variables;
    this.#stale = stale;
  }

  /** The binding to run the function on. */
  binding(): NativeBinding {
    const replaced = {
      executeOp: this.#executeOp,
      createTensor: this.#createTensor,
      tensorDataSync: this.#tensorDataSync,
      runSavedModel: () =>
        this.#guard.refuse("a captured function or a SavedModel is run inside. Call it outside."),
    };
    // The native binding's own properties are read-only: define, do not assign.
    return Object.create(this.#native, Object.getOwnPropertyDescriptors(replaced)) as NativeBinding;
  }

  defineInput(id: number, index: number, shape: readonly number[], dtype: number): void {
    this.#define(id, { kind: "input", index, shape, dtype });
  }

  /** The number of the value with this native identifier. */
  use(id: number, user: string): number {
    const known = this.#numberOf.get(id);
    if (known !== undefined) return known;
    const variable = this.#variables.find(id);
    if (variable) {
      const { name, shape, dtype } = variable;
      return this.#define(id, { kind: "variable", name, shape, dtype: DT[dtype] });
    }
    const constant = this.#made.get(id) ?? this.#readOutside(id, user);
    this.#requireSmall(constant, user);
    return this.#define(id, { kind: "constant", ...constant });
  }

  finish(outputs: readonly number[], updates: Recording["updates"]): Recording {
    return { values: this.#values, operations: this.#operations, outputs, updates };
  }

  /** Identifiers of everything that was computed. */
  computed(): number[] {
    const results = [...this.#numberOf].filter(([, n]) => this.#values[n]!.kind === "result");
    return results.map(([id]) => id);
  }

  #define(id: number, value: Value): number {
    this.#numberOf.set(id, this.#values.length);
    return this.#values.push(value) - 1;
  }

  readonly #executeOp = (
    name: string,
    attributes: TFEOpAttr[],
    ids: number[],
    count: number,
  ): TensorMetadata[] => {
    if (STATEFUL_RANDOM.test(name)) {
      this.#guard.refuse(
        `the operator ${name} draws from a hidden state. Use a randomStream of this package.`,
      );
    }
    const inputs = ids.map((id) => this.use(id, name));
    const results = this.#native.executeOp(name, attributes, ids, count);
    for (const { dtype } of results) this.#requireNumeric(dtype, `the result of ${name}`);
    const outputs = results.map(({ id, shape, dtype }) =>
      this.#define(id, { kind: "result", shape, dtype }),
    );
    const source = this.#guard.source;
    this.#operations.push({
      name,
      attributes: structuredClone(attributes),
      inputs,
      outputs,
      source,
    });
    return results;
  };

  readonly #createTensor: NativeBinding["createTensor"] = (shape, dtype, values) => {
    this.#requireNumeric(dtype, "a tensor made inside");
    const id = this.#native.createTensor(shape, dtype, values);
    this.#made.set(id, { shape: [...shape], dtype, bytes: copyBytes(values as Float32Array) });
    return id;
  };

  readonly #tensorDataSync: NativeBinding["tensorDataSync"] = (id) => {
    const number = this.#numberOf.get(id);
    const traced = number !== undefined && this.#values[number]!.kind !== "constant";
    if (!traced && !this.#variables.find(id)) return this.#native.tensorDataSync(id);
    const reader = this.#guard.source;
    // tf.gather reads its indices for one reason, to check their range, which TensorFlow does as well.
    if (reader === "tf.gather") return new Int32Array(0);
    return this.#guard.refuse(
      `${reader || "it"} reads the value of ${this.#describe(id)} into JavaScript, which would freeze it` +
        `${reader ? "" : " (by dataSync, arraySync, data, array or print)"}. ` +
        "Return the tensor as an output, or compute with tensors alone.",
    );
  };

  /** The value of a tensor that was made before the function ran. */
  #readOutside(id: number, user: string): ConstantValue {
    if (this.#stale.has(id)) {
      this.#guard.refuse(
        `${user} uses a tensor that an earlier call computed. Keep such a value in a tf.Variable.`,
      );
    }
    const [copy] = this.#native.executeOp("Identity", [], [id], 1);
    try {
      const { shape, dtype } = copy!;
      this.#requireNumeric(dtype, `a tensor from outside, used by ${user},`);
      if (sizeOf(shape) > LARGEST_CONSTANT) this.#refuseLarge(shape, user, "from outside");
      return { shape, dtype, bytes: copyBytes(this.#native.tensorDataSync(copy!.id)) };
    } finally {
      this.#native.deleteTensor(copy!.id);
    }
  }

  #requireSmall({ shape, bytes }: ConstantValue, user: string): void {
    if (sizeOf(shape) <= LARGEST_CONSTANT || isUniform(bytes, bytes.length / sizeOf(shape))) return;
    this.#refuseLarge(shape, user, "made inside");
  }

  #refuseLarge(shape: readonly number[], user: string, origin: string): never {
    return this.#guard.refuse(
      `a tensor of shape [${shape}] ${origin}, used by ${user}, would be baked into the graph. ` +
        "Pass it as an input, or hold it in a tf.Variable.",
    );
  }

  #requireNumeric(dtype: number, what: string): void {
    if (dtype !== DT.string && dtype !== DT.resource) return;
    this.#guard.refuse(
      `${what} is of type ${dtypeName(dtype)}; a graph holds numbers. ` +
        "Turn text into int32 before the call; keep state in tf.Variables.",
    );
  }

  #describe(id: number): string {
    const variable = this.#variables.find(id);
    if (variable) return `the tf.Variable "${variable.name}"`;
    const number = this.#numberOf.get(id)!;
    const value = this.#values[number]!;
    if (value.kind === "input") return `input ${value.index}`;
    const operation = this.#operations.find(({ outputs }) => outputs.includes(number));
    return `the result of ${operation?.source || operation?.name}, shape [${value.shape}],`;
  }
}

function copyBytes(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}
