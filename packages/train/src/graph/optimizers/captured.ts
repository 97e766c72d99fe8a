/** Any other optimizer of tf.js, which becomes part of a graph by being recorded. */
import type { Optimizer, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { nativeBackend } from "../native.js";
import { isolateVariables } from "../recording/isolate.js";
import { withPatches } from "../recording/patch.js";

/**
 * Lets the optimizer make its own variables, which it does in its first step: takes one with gradients of zero, and
 * gives every variable, old and new, its value from before.
 */
export function prepareOptimizer(
  tf: TensorFlow,
  optimizer: Optimizer,
  variables: readonly Variable[],
): void {
  const engine = tf.engine();
  const made: { variable: Variable; initial: Tensor }[] = [];
  const makeVariable = (...values: Parameters<typeof engine.makeVariable>): Variable => {
    const variable = Object.getPrototypeOf(engine).makeVariable.apply(engine, values) as Variable;
    made.push({ variable, initial: tf.keep(variable.clone()) });
    return variable;
  };
  const isolated = isolateVariables(tf, nativeBackend(tf));
  try {
    withPatches([{ target: engine, key: "makeVariable", value: makeVariable }], () =>
      tf.tidy(() => {
        const zeros = variables.map((variable) => [variable.name, tf.zerosLike(variable)] as const);
        optimizer.applyGradients(Object.fromEntries(zeros));
      }),
    );
  } finally {
    isolated.restore();
    for (const { variable, initial } of made) {
      variable.assign(initial);
      initial.dispose();
    }
  }
}
