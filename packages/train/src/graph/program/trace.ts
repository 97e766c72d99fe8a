/** Turns user functions into traces: what is recorded is a flat list of tensors. */
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { CaptureError } from "../errors.js";
import type { Trace } from "../recording/capture.js";
import { joinRecords, type Outputs, type Structure, takeApart } from "./structure.js";

/** A trace that remembers the structure of what its function returned last. */
export interface StructuredTrace {
  trace: Trace;
  /** Puts leaves together as the function returned its tensors last. */
  build(): Structure["build"];
}

/** A user's function on any number of tensors. */
export type UserFunction = (...inputs: Tensor[]) => Outputs;

/** A trace of `f` as it is. */
export function functionTrace(tf: TensorFlow, name: string, f: UserFunction): StructuredTrace {
  requireSynchronous(name, f);
  let structure: Structure | undefined;
  return {
    trace: (inputs) => {
      structure = takeApart(tf, name, f(...inputs));
      return structure.tensors;
    },
    build: () => structure!.build,
  };
}

export interface LossOptions {
  variables: readonly Variable[];
  /** More outputs, beside those of the function, made of the gradients. */
  observeGradients?: ((gradients: NamedTensorMap) => NamedTensorMap) | undefined;
  /** Applied to the gradients before the optimizer, as for clipping; keys are names of variables. */
  transformGradients?: ((gradients: NamedTensorMap) => NamedTensorMap) | undefined;
  /** Takes the gradients inside the trace; without it, they are appended to the outputs in the variables' order. */
  apply?: ((gradients: NamedTensorMap) => void) | undefined;
}

/** A trace of the loss function `f` and of its gradients. */
export function lossTrace(
  tf: TensorFlow,
  name: string,
  f: UserFunction,
  {
    variables,
    observeGradients,
    transformGradients = (gradients) => gradients,
    apply,
  }: LossOptions,
): StructuredTrace {
  requireSynchronous(name, f);
  let structure: Structure | undefined;
  const trace: Trace = (inputs) => {
    // variableGrads disposes of all that its function makes but the loss.
    let kept: Tensor[] = [];
    try {
      const { grads } = tf.variableGrads(() => {
        structure = takeApart(tf, name, f(...inputs));
        const loss = lossOf(name, structure);
        kept = structure.tensors.map((tensor) => tf.keep(tf.clone(tensor)));
        return loss;
      }, [...variables]);
      const outputs = kept.map((tensor) => tf.clone(tensor));
      requireGradients(name, grads, variables, "the loss does not depend on it");
      if (observeGradients) {
        const observed = takeApart(tf, name, observeGradients(grads));
        structure = joinRecords(structure!, observed);
        outputs.push(...observed.tensors);
      }
      const transformed = transformGradients(grads);
      requireGradients(name, transformed, variables, "transformGradients returned none");
      // In the variables' order, by which tf.js' optimizers find what they keep.
      const entries = variables.map(
        (variable) => [variable.name, transformed[variable.name]!] as const,
      );
      if (!apply) return [...outputs, ...entries.map(([, gradient]) => gradient)];
      apply(Object.fromEntries(entries));
      return outputs;
    } finally {
      tf.dispose(kept);
    }
  };
  return { trace, build: () => structure!.build };
}

function requireSynchronous(name: string, f: UserFunction): void {
  if (f.constructor.name !== "AsyncFunction") return;
  throw new CaptureError(
    `"${name}" cannot be captured: it is asynchronous, and a recording ends with the call. ` +
      "Make it an ordinary function.",
  );
}

/** The single output, or the one named "loss". */
function lossOf(name: string, { keys, tensors }: Structure) {
  const loss = tensors[Math.max(keys.indexOf("loss"), keys.indexOf(""))];
  if (loss?.rank === 0 && loss.dtype === "float32") return loss.asScalar();
  const got = loss ? `${loss.dtype} [${loss.shape}]` : `outputs ${keys.join(", ") || "none"}`;
  throw new CaptureError(
    `"${name}" cannot be trained: its loss must be a float32 scalar, returned alone or as "loss"; got ${got}. ` +
      "Reduce it with tf.mean or tf.sum.",
  );
}

function requireGradients(
  name: string,
  gradients: NamedTensorMap,
  variables: readonly Variable[],
  reason: string,
): void {
  const missing = variables.find((variable) => !gradients[variable.name]);
  if (!missing) return;
  throw new CaptureError(
    `"${name}" cannot be trained: there is no gradient for the variable "${missing.name}": ` +
      `${missing.trainable ? reason : "it is not trainable"}. Leave it out of \`variables\`.`,
  );
}
