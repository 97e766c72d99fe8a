/** Runs a function eagerly under a recorder, twice, and returns what it did. */
import type { Tensor } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";
import { withNativeGradients } from "../gradients/install.js";
import { DT, inScope, type NativeBackend, nativeBackend, nativeId } from "../native.js";
import { difference } from "./compare.js";
import { Guard } from "./guard.js";
import { type IsolatedVariables, isolateVariables, privateCopy } from "./isolate.js";
import { withPatches } from "./patch.js";
import { Recorder } from "./recorder.js";
import type { Recording } from "./recording.js";
import { withCleanTape } from "./tape.js";

/** A function to be recorded: whatever it returns, as a flat list. */
export type Trace = (inputs: readonly Tensor[]) => readonly Tensor[];

export interface RecordingOptions {
  /** Names the function in messages. */
  name: string;
  /** Whether the backward pass runs on TensorFlow's own gradient operators where it has them. */
  nativeGradients: boolean;
}

/**
 * Records `trace` on example inputs. Two runs must agree to the bit, or the function takes something from JavaScript
 * that a graph would freeze; a third run is granted to functions that fill a cache in their first.
 *
 * The backend, the gradients and every tf.Variable are afterwards as before, also after an error.
 *
 * @throws CaptureError naming the operator or tensor that cannot be captured, and the remedy
 */
export function capture(
  tf: TensorFlow,
  trace: Trace,
  examples: readonly Tensor[],
  { name, nativeGradients }: RecordingOptions,
): Recording {
  const stale = new Set<number>();
  const run = () => withCleanTape(tf, name, () => recordOnce(tf, trace, examples, name, stale));
  const runs = () => {
    const first = run();
    const second = run();
    if (difference(first, second) === undefined) return second;
    const third = run();
    const found = difference(second, third);
    if (found === undefined) return third;
    throw new CaptureError(
      `"${name}" cannot be captured: ${found}. It takes a counter, a random number or other changing state from ` +
        "JavaScript, which would be frozen: pass it as an input, or keep it in a tf.Variable.",
    );
  };
  return nativeGradients ? withNativeGradients(tf, runs) : runs();
}

function recordOnce(
  tf: TensorFlow,
  trace: Trace,
  examples: readonly Tensor[],
  name: string,
  stale: Set<number>,
): Recording {
  const backend = nativeBackend(tf);
  const engine = tf.engine();
  const guard = new Guard(name);
  return inScope(tf, () => {
    const inputs = examples.map((example) => privateCopy(tf, example));
    const variables = isolateVariables(tf, backend);
    try {
      const recorder = new Recorder(backend.binding, guard, variables, stale);
      for (const [index, input] of inputs.entries()) {
        recorder.defineInput(nativeId(backend, input), index, input.shape, DT[input.dtype]);
      }
      const patches = [
        ...guard.patches(engine),
        { target: backend, key: "binding", value: recorder.binding() },
        { target: backend, key: "read", value: unlessRefused((id) => backend.readSync(id)) },
      ];
      const recording = withPatches(patches, () =>
        inScope(tf, () => follow(recorder, backend, variables, trace(inputs))),
      );
      guard.check();
      for (const id of recorder.computed()) stale.add(id);
      return recording;
    } catch (error) {
      guard.check();
      throw error;
    } finally {
      variables.restore();
    }
  });
}

/**
 * Reads for `data` and `array` as tfjs-node does, at once and by promise. A refused one never settles: the capture
 * throws that error when the function returns, and nobody may hold a promise that rejects with it then.
 */
function unlessRefused<T>(read: (id: object) => T): (id: object) => Promise<T> {
  return async (id) => {
    try {
      return read(id);
    } catch (error) {
      if (error instanceof CaptureError) return new Promise(() => {});
      throw error;
    }
  };
}

/** The recording once the function has run, while its tensors are alive. */
function follow(
  recorder: Recorder,
  backend: NativeBackend,
  variables: IsolatedVariables,
  results: readonly Tensor[],
): Recording {
  const outputs = results.map((tensor) => recorder.use(nativeId(backend, tensor), "an output"));
  const updates = variables.changes().map(({ variable, id }) => ({
    variable: variable.name,
    value: recorder.use(id, `the variable "${variable.name}"`),
  }));
  return recorder.finish(outputs, updates);
}
