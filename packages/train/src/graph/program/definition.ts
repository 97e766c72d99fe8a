/** One function of a program: captured for each shape that it meets, compiled for each number of steps. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError, GraphError, InputError } from "../errors.js";
import type { GraphBuilder } from "../graph-def/builder.js";
import type { GraphVariables } from "../graph-def/variables.js";
import { DT, dtypeName, inScope, isTensorDtype, type NativeBackend } from "../native.js";
import { capture } from "../recording/capture.js";
import type { Recording } from "../recording/recording.js";
import { type Compiled, compile, type FusedUpdate } from "./compile.js";
import { type Called, callable, type ResultReader } from "./function.js";
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
    this.#compile(shapes, 1, () => options.examples);
  }

  /** The function as it is handed out. */
  callable(): object {
    const f = callable((inputs) => this.#run(inputs, 1), this.#reader());
    return Object.assign(f, { repeat: (steps: number) => this.#repeated(steps) });
  }

  #repeated(steps: number): object {
    this.#options.requireAlive();
    if (!Number.isInteger(steps) || steps < 2) {
      const { name } = this.#options;
      throw new GraphError(`"${name}" cannot be repeated ${steps} times. Give an integer from 2.`);
    }
    return callable((inputs) => this.#run(inputs, steps), this.#reader());
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

  #run(inputs: readonly Input[], steps: number): Called {
    const { backend, loaded, name, requireAlive } = this.#options;
    requireAlive();
    const shapes = checkInputs(this.#rules(steps), inputs);
    const ready =
      this.#ready.get(keyOf(shapes, steps)) ??
      this.#compile(shapes, steps, () => exampleInputs(this.#options.tf, inputs, shapes));
    const session = loaded.sessionWith(ready.nodes);
    const { ids, release } = feedInputs(backend, inputs, shapes);
    try {
      const results = session.run(name, { names: ready.feeds, ids }, ready.fetches);
      return { results, build: ready.build };
    } finally {
      release();
    }
  }

  #rules(steps: number) {
    const { name: where, variableBatch } = this.#options;
    if (steps === 1) return { where, variableBatch, specifications: this.#specifications };
    const specifications = this.#specifications.map(({ shape, dtype }) => {
      return { shape: [steps, ...shape], dtype };
    });
    return { where: `${where}.repeat(${steps})`, variableBatch: false, specifications };
  }

  /** Captures the function for the shapes unless it is already, and adds it to the graph. */
  #compile(
    shapes: readonly (readonly number[])[],
    steps: number,
    examples: () => readonly Tensor[],
  ): Ready {
    const { tf, graph, variables, name, update } = this.#options;
    const single = steps > 1 ? shapes.map((shape) => shape.slice(1)) : shapes;
    const { recording, build } = inScope(tf, () => this.#capture(single, examples));
    const inputs = this.#specifications.map(({ dtype }, index) => {
      return { shape: single[index]!, dtype: DT[dtype] };
    });
    // TensorFlow's node names start with a letter and have no other signs.
    const id = `f_${name.replace(/[^A-Za-z0-9_.]/g, "_")}_${graph.length}`;
    const compiled = compile({ graph, variables, recording, inputs, id, steps, update });
    const ready = { ...compiled, nodes: graph.length, build };
    this.#ready.set(keyOf(shapes, steps), ready);
    return ready;
  }

  #capture(shapes: readonly (readonly number[])[], examples: () => readonly Tensor[]): Captured {
    const { tf, name, traced, nativeGradients } = this.#options;
    const key = keyOf(shapes, 1);
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

function keyOf(shapes: readonly (readonly number[])[], steps: number): string {
  return `${steps}:${shapes.map((shape) => shape.join("x")).join(";")}`;
}
