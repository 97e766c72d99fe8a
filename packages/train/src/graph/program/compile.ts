/** Writes a captured function into the graph: one step, or several in a row, with the updates of its variables. */
import type { GraphBuilder, Output } from "../graph-def/builder.js";
import { attribute } from "../graph-def/builder.js";
import { StepEmitter } from "../graph-def/emit.js";
import type { GraphVariables } from "../graph-def/variables.js";
import { DT } from "../native.js";
import type { FusedOptimizer } from "../optimizers/optimizer.js";
import type { Recording } from "../recording/recording.js";

/** A fused optimizer at work in one function. */
export interface FusedUpdate {
  optimizer: FusedOptimizer;
  /** Of its state in the program. */
  prefix: string;
  /** Names of the variables to be updated; their gradients are the last outputs of the recording, in this order. */
  variables: readonly string[];
}

/** How often a call runs the function, and which inputs it takes once for all. */
export interface Repetition {
  /** Steps in one call; from 2, outputs and inputs that are not shared have a leading axis of this length. */
  steps: number;
  /** Indices of inputs that each step takes as they are. */
  shared: ReadonlySet<number>;
}

/** Whether a call gives an input for each step, along a leading axis. */
export function isStacked({ steps, shared }: Repetition, index: number): boolean {
  return steps > 1 && !shared.has(index);
}

export interface CompileOptions extends Repetition {
  graph: GraphBuilder;
  variables: GraphVariables;
  recording: Recording;
  inputs: readonly { shape: readonly number[]; dtype: number }[];
  /** Of the nodes fed and fetched; unique in the graph. */
  id: string;
  update: FusedUpdate | undefined;
}

/** How to call the function in a session. */
export interface Compiled {
  /** Names of the placeholders, joined by commas. */
  feeds: string;
  /** Names of the outputs, joined by commas. */
  fetches: string;
}

export function compile(options: CompileOptions): Compiled {
  const { graph, recording, inputs, id, steps } = options;
  const feeds = inputs.map(({ shape, dtype }, index) =>
    graph.placeholder(
      isStacked(options, index) ? [steps, ...shape] : shape,
      dtype,
      `${id}/input_${index}`,
    ),
  );
  const stepInputs = feeds.map((feed, index) =>
    isStacked(options, index)
      ? unstack(graph, feed, inputs[index]!.dtype, steps)
      : Array<Output>(steps).fill(feed),
  );
  const visible = recording.outputs.length - (options.update?.variables.length ?? 0);
  const collected: Output[][] = [];
  let pending: ReadonlyMap<string, Output> = new Map();
  for (let step = 0; step < steps; step++) {
    const taken = stepInputs.map((outputs) => outputs[step]!);
    const emitter = new StepEmitter(graph, options.variables, recording, taken, pending);
    collected.push(emitter.outputs());
    pending = new Map([...pending, ...writeUpdates(options, emitter)]);
  }
  for (const name of pending.keys()) options.variables.markChanging(name);
  const after = [...pending.values()];
  const outputs = recording.outputs.slice(0, visible).map((number, index) => {
    const { dtype } = recording.values[number]!;
    const values = collected.map((step) => step[index]!);
    const name = `${id}/output_${index}`;
    return graph.identity(stack(graph, values, dtype), dtype, { name, after });
  });
  const done = () =>
    graph.identity(graph.scalar(1, "int32"), DT.int32, { name: `${id}/done`, after });
  const fetched = outputs.length > 0 ? outputs : [done()];
  return { feeds: names(feeds), fetches: names(fetched) };
}

function names(outputs: readonly Output[]): string {
  return outputs.map((output) => `${output}:0`).join(",");
}

function unstack(graph: GraphBuilder, feed: Output, dtype: number, steps: number): Output[] {
  const attributes = {
    T: attribute.type(dtype),
    num: attribute.int(steps),
    axis: attribute.int(0),
  };
  const node = graph.add("Unpack", [feed], attributes);
  return Array.from({ length: steps }, (_, index) => `${node}:${index}`);
}

function stack(graph: GraphBuilder, values: readonly Output[], dtype: number): Output {
  if (values.length === 1) return values[0]!;
  const attributes = {
    T: attribute.type(dtype),
    N: attribute.int(values.length),
    axis: attribute.int(0),
  };
  return graph.add("Pack", values, attributes);
}

/** Update nodes of one step, by variable. */
function writeUpdates(options: CompileOptions, emitter: StepEmitter): Map<string, Output> {
  const { variables, update } = options;
  const fused = update ? writeFusedUpdate(options, update, emitter) : [];
  const own = emitter.updates().map(({ variable: name, value }) => {
    const variable = variables.find(name)!;
    return [name, variables.assign(variable, value, emitter.before(name))] as const;
  });
  return new Map([...fused, ...own]);
}

function writeFusedUpdate(
  { graph, variables, recording }: CompileOptions,
  { optimizer, prefix, variables: updated }: FusedUpdate,
  emitter: StepEmitter,
): Map<string, Output> {
  const gradients = emitter.outputs().slice(recording.outputs.length - updated.length);
  const rate = declareLearningRate(variables, optimizer, prefix);
  const scheduled = emitter.updates().find(({ variable }) => variable === rate)?.value;
  const learningRate = scheduled ?? emitter.read(rate);
  const counter = optimizer.countsSteps ? countStep(graph, variables, prefix, emitter) : undefined;
  const targets = updated.map((name, index) => {
    const shape = recording.values[recording.outputs.at(index - updated.length)!]!.shape;
    const specification = { shape, dtype: DT.float32 };
    const variable = variables.declare({ ...specification, name, initial: "tf.Variable" });
    const slots = optimizer.slots.map((slot) => {
      const slotName = `${prefix}/${name}/${slot}`;
      return [slot, variables.declare({ ...specification, name: slotName, initial: 0 })] as const;
    });
    const value = emitter.read(name);
    const after = emitter.before(name);
    return {
      variable,
      slots: Object.fromEntries(slots),
      gradient: gradients[index]!,
      value,
      after,
    };
  });
  const step = counter?.step;
  const updates = optimizer.emit({ graph, variables, targets, learningRate, step });
  return counter ? new Map([...updates, [counter.name, counter.update]]) : updates;
}

/** The name of the variable that holds the rate. */
export function learningRateName({ learningRate }: FusedOptimizer, prefix: string): string {
  return typeof learningRate === "number" ? `${prefix}/learning_rate` : learningRate.name;
}

function declareLearningRate(
  variables: GraphVariables,
  optimizer: FusedOptimizer,
  prefix: string,
): string {
  const { learningRate } = optimizer;
  const initial = typeof learningRate === "number" ? learningRate : "tf.Variable";
  const name = learningRateName(optimizer, prefix);
  variables.declare({ name, shape: [], dtype: DT.float32, initial });
  variables.markChanging(name);
  return name;
}

/** Counts the step and returns its number, from 1. */
function countStep(
  graph: GraphBuilder,
  variables: GraphVariables,
  prefix: string,
  emitter: StepEmitter,
) {
  const name = `${prefix}/step`;
  const variable = variables.declare({ name, shape: [], dtype: DT.int32, initial: 0 });
  const step = graph.typed("AddV2", [emitter.read(name), graph.scalar(1, "int32")], DT.int32);
  return { name, step, update: variables.assign(variable, step, emitter.before(name)) };
}
