/** One function of a program: captured for each shape that it meets, compiled for each number of steps. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError, GraphError, InputError } from "../errors.js";
import type { GraphBuilder } from "../graph-def/builder.js";
import type { GraphVariables } from "../graph-def/variables.js";
import { DT, dtypeName, inScope, isTensorDtype, type NativeBackend } from "../native.js";
import { capture } from "../recording/capture.js";
import type { Recording } from "../recording/recording.js";
import { type Compiled, compile, type FusedUpdate, isStacked, type Repetition } from "./compile.js";
import { type Called, callable, type RepeatOptions, type ResultReader } from "./function.js";
import type { LoadedGraph } from "./loaded-graph.js";
import {
  checkInputs,
  exampleInputs,
  feedInputs,
  type Input,
  type InputSpecification,
} from "./specialise.js";
import type { StructuredTrace } from "./trace.js";

/** Sizes of batch for which a function may be captured; each costs a part of the graph. */
const MOST_CAPTURES = 16;

export interface DefinitionOptions {
  tf: TensorFlow;
  backend: NativeBackend;
  graph: GraphBuilder;
  variables: GraphVariables;
  loaded: LoadedGraph;
  requireAlive(): void;
  name: string;
  traced: StructuredTrace;
  examples: readonly Tensor[];
  variableBatch: boolean;
  nativeGradients: boolean;
  update: FusedUpdate | undefined;
}

/** A function compiled, and the number of nodes that the graph had then. */
interface Ready extends Compiled {
  nodes: number;
  build: Called["build"];
}

const ONCE: Repetition = { steps: 1, shared: new Set() };

interface Captured {
  recording: Recording;
  build: Called["build"];
}

export class Definition {
  readonly #options: DefinitionOptions;
  readonly #specifications: readonly InputSpecification[];
  readonly #captured = new Map<string, Captured>();
  readonly #ready = new Map<string, Ready>();

  constructor(options: DefinitionOptions) {
    this.#options = options;
    this.#specifications = options.examples.map(({ shape, dtype }) => ({ shape, dtype }));
    const shapes = this.#specifications.map(({ shape }) => shape);
    this.#compile(shapes, ONCE, () => options.examples);
  }

  /** The function as it is handed out. */
  callable(): object {
    const f = callable((inputs) => this.#run(inputs, ONCE), this.#reader());
    const repeat = (steps: number, { shared = [] }: RepeatOptions = {}) =>
      this.#repeated({ steps, shared: new Set(shared) });
    return Object.assign(f, { repeat });
  }

  #repeated(repetition: Repetition): object {
    const { name, requireAlive, examples } = this.#options;
    const { steps, shared } = repetition;
    requireAlive();
    if (!Number.isInteger(steps) || steps < 2) {
      throw new GraphError(`"${name}" cannot be repeated ${steps} times. Give an integer from 2.`);
    }
    const unknown = [...shared].find((index) => !(index in examples));
    if (unknown !== undefined) {
      throw new GraphError(
        `"${name}" has no input ${unknown} to share. Give indices below ${examples.length}.`,
      );
    }
    return callable((inputs) => this.#run(inputs, repetition), this.#reader());
  }

  #reader(): ResultReader {
    const { backend } = this.#options;
    return {
      tensor: (result) => backend.createOutputTensor(result),
      values: ({ id }) => {
        const values = backend.binding.tensorDataSync(id);
        backend.binding.deleteTensor(id);
        return values;
      },
    };
  }

  #run(inputs: readonly Input[], repetition: Repetition): Called {
    const { backend, loaded, name, requireAlive } = this.#options;
    requireAlive();
    const shapes = checkInputs(this.#rules(repetition), inputs);
    const ready =
      this.#ready.get(keyOf(shapes, repetition)) ??
      this.#compile(shapes, repetition, () => exampleInputs(this.#options.tf, inputs, shapes));
    const session = loaded.sessionWith(ready.nodes);
    const { ids, release } = feedInputs(backend, inputs, shapes);
    try {
      const results = session.run(name, { names: ready.feeds, ids }, ready.fetches);
      return { results, build: ready.build };
    } finally {
      release();
    }
  }

  #rules(repetition: Repetition) {
    const { steps } = repetition;
    const { name: where, variableBatch } = this.#options;
    if (steps === 1) return { where, variableBatch, specifications: this.#specifications };
    const specifications = this.#specifications.map(({ shape, dtype }, index) => {
      return { shape: isStacked(repetition, index) ? [steps, ...shape] : shape, dtype };
    });
    return { where: `${where}.repeat(${steps})`, variableBatch: false, specifications };
  }

  /** Captures the function for the shapes unless it is already, and adds it to the graph. */
  #compile(
    shapes: readonly (readonly number[])[],
    repetition: Repetition,
    examples: () => readonly Tensor[],
  ): Ready {
    const { tf, graph, variables, name, update } = this.#options;
    const single = shapes.map((shape, index) =>
      isStacked(repetition, index) ? shape.slice(1) : shape,
    );
    const { recording, build } = inScope(tf, () => this.#capture(single, examples));
    const inputs = this.#specifications.map(({ dtype }, index) => {
      return { shape: single[index]!, dtype: DT[dtype] };
    });
    // TensorFlow's node names start with a letter and have no other signs.
    const id = `f_${name.replace(/[^A-Za-z0-9_.]/g, "_")}_${graph.length}`;
    const compiled = compile({ graph, variables, recording, inputs, id, update, ...repetition });
    const ready = { ...compiled, nodes: graph.length, build };
    this.#ready.set(keyOf(shapes, repetition), ready);
    return ready;
  }

  #capture(shapes: readonly (readonly number[])[], examples: () => readonly Tensor[]): Captured {
    const { tf, name, traced, nativeGradients } = this.#options;
    const key = keyOf(shapes, ONCE);
    const known = this.#captured.get(key);
    if (known) return known;
    if (this.#captured.size === MOST_CAPTURES) {
      throw new InputError(
        `"${name}" has been captured for ${MOST_CAPTURES} sizes of batch. Use few: pad the last batch, or leave it out.`,
      );
    }
    const recording = capture(tf, traced.trace, examples(), { name, nativeGradients });
    this.#check(recording);
    const captured = { recording, build: traced.build() };
    this.#captured.set(key, captured);
    return captured;
  }

  #check({ outputs, updates, values }: Recording): void {
    const { name, update } = this.#options;
    const odd = outputs.map((number) => values[number]!).find(({ dtype }) => !isTensorDtype(dtype));
    if (odd) {
      throw new CaptureError(
        `"${name}" cannot be captured: an output is ${dtypeName(odd.dtype)} [${odd.shape}], which tf.js does not have. ` +
          "Cast it to float32 or int32.",
      );
    }
    const twice = updates.find(({ variable }) => update?.variables.includes(variable));
    if (twice) {
      throw new CaptureError(
        `"${name}" cannot be trained: it assigns the variable "${twice.variable}", which the optimizer updates. ` +
          "Leave it out of `variables`, or assign it in a function of its own.",
      );
    }
  }
}

function keyOf(shapes: readonly (readonly number[])[], { steps, shared }: Repetition): string {
  return `${steps}:${[...shared]}:${shapes.map((shape) => shape.join("x")).join(";")}`;
}
