/** Gives every tf.Variable a native identity of its own while a function is recorded, and puts all back after. */
import type { Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../../tensorflow/index.js";
import { type NativeBackend, nativeId } from "../native.js";
import { execute } from "../operators/execute.js";

/** A tensor of the same value whose native identifier is shared with no other. */
export function privateCopy<T extends Tensor>(tf: TensorFlow, tensor: T): T {
  return execute<T>(tf, "Identity", [tensor], { T: { dtype: tensor.dtype } });
}

export interface IsolatedVariables {
  /** The variable that had this native identifier when the function began. */
  find(id: number): Variable | undefined;
  /** Variables assigned since, with the identifier of their value now. */
  changes(): { variable: Variable; id: number }[];
  /** Gives every variable the very value that it had before. */
  restore(): void;
}

/** Variables of text are left alone: a program cannot hold them. */
export function isolateVariables(tf: TensorFlow, backend: NativeBackend): IsolatedVariables {
  const variables = Object.values(tf.engine().registeredVariables).filter(
    ({ dtype }) => dtype !== "string",
  );
  const isolated = variables.map((variable) => {
    const before = tf.tidy(() => tf.keep(variable.clone()));
    const own = tf.tidy(() => tf.keep(privateCopy<Tensor>(tf, variable)));
    variable.assign(own);
    own.dispose();
    return { variable, before, id: nativeId(backend, variable) };
  });
  const byId = new Map(isolated.map(({ id, variable }) => [id, variable]));

  return {
    find: (id) => byId.get(id),
    changes: () =>
      isolated
        .map(({ variable, id }) => ({ variable, before: id, id: nativeId(backend, variable) }))
        .filter(({ before, id }) => before !== id),
    restore() {
      for (const { variable, before } of isolated) {
        variable.assign(before);
        before.dispose();
      }
    },
  };
}
