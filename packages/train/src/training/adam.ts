/** Adam on TensorFlow's fused operator: a third of the native calls that tf.train.adam needs. */
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { AdamConfig } from "../config.js";
import type { TensorFlow } from "../tensorflow/index.js";
import { execute } from "./native.js";

export interface Optimizer {
  /** Updates every variable by its gradient, found by the variable's name. */
  apply(gradients: NamedTensorMap): void;
  /** Frees the moments. */
  dispose(): void;
}

/** A handle's name that lets TensorFlow give it storage of its own (`ResourceHandle::ANONYMOUS_NAME`). */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

const FLOAT = { dtype: { dtype: "float32" } } as const;
const APPLY = {
  T: { dtype: "float32" },
  use_locking: { flag: false },
  use_nesterov: { flag: false },
} as const;

/**
 * Adam with bias-corrected moments and epsilon outside the correction, as in the paper, PyTorch, Keras and tf.js:
 * w -= learningRate * mHat / (sqrt(vHat) + epsilon). Kingma and Ba, "Adam" (2014), algorithm 1.
 *
 * The tf.Variables remain the one truth about the weights; native storage holds the moments between steps.
 */
export function createAdam(
  tf: TensorFlow,
  variables: readonly Variable[],
  { learningRate, beta1, beta2, epsilon }: AdamConfig,
): Optimizer {
  const slots = variables.map((variable) => createSlot(tf, variable));
  let step = 0;

  return {
    apply: (gradients) =>
      tf.tidy(() => {
        step += 1;
        const power1 = beta1 ** step;
        const power2 = beta2 ** step;
        // The operator adds epsilon to sqrt(v) before the correction; scaled so, it is added after.
        const scaledEpsilon = epsilon * Math.sqrt(1 - power2);
        const scalars = [power1, power2, learningRate, beta1, beta2, scaledEpsilon].map((value) =>
          tf.scalar(value),
        );
        for (const { variable, weight, mean, square } of slots) {
          const gradient = gradients[variable.name]!;
          execute(tf, "AssignVariableOp", [weight, variable], FLOAT, 0);
          const inputs = [weight, mean, square, ...scalars, gradient];
          execute(tf, "ResourceApplyAdam", inputs, APPLY, 0);
          variable.assign(execute<[Tensor]>(tf, "ReadVariableOp", [weight], FLOAT, 1)[0]);
        }
      }),
    dispose() {
      for (const { weight, mean, square } of slots) {
        for (const handle of [weight, mean, square]) release(tf, handle);
      }
    },
  };
}

/** Native storage for a variable's weight, used within a step, and for its moments. */
function createSlot(tf: TensorFlow, variable: Variable) {
  const zeros = tf.zerosLike(variable);
  const slot = {
    variable,
    weight: storage(tf, variable),
    mean: storage(tf, zeros),
    square: storage(tf, zeros),
  };
  zeros.dispose();
  return slot;
}

/** A native variable with the value of `initial`; the tensor returned is its handle. */
function storage(tf: TensorFlow, initial: Tensor): Tensor {
  const [handle] = execute<[Tensor]>(
    tf,
    "VarHandleOp",
    [],
    { ...FLOAT, shape: { shape: initial.shape }, shared_name: { text: ANONYMOUS } },
    1,
  );
  execute(tf, "AssignVariableOp", [handle, initial], FLOAT, 0);
  return tf.keep(handle);
}

function release(tf: TensorFlow, handle: Tensor): void {
  execute(tf, "DestroyResourceOp", [handle], { ignore_lookup_error: { flag: true } }, 0);
  handle.dispose();
}
