/** Moves the values of a program's variables between its session, tf.Variables and named tensors. */
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorMetadata } from "@tensorflow/tfjs-node/dist/tfjs_binding.js";
import { isObject, requireArgument } from "../../argument.js";
import type { TensorFlow } from "../../tensorflow/index.js";
import { StateError } from "../errors.js";
import type { GraphVariable } from "../graph-def/variables.js";
import { DT, dtypeName, type NativeBackend, nativeId, sameShape } from "../native.js";
import type { Session } from "./session.js";

/** Values of variables as native tensors, which the caller owns. */
export function readVariables(
  session: Session,
  variables: readonly GraphVariable[],
): TensorMetadata[] {
  if (variables.length === 0) return [];
  const fetches = variables.map(({ value }) => `${value}:0`).join(",");
  return session.run("read variables", { names: "", ids: [] }, fetches);
}

/** Assigns native tensors to variables, all in one run. */
export function writeVariables(
  backend: NativeBackend,
  session: Session,
  values: readonly { variable: GraphVariable; id: number }[],
): void {
  if (values.length === 0) return;
  const names = values.map(({ variable }) => `${variable.feed}:0`).join(",");
  const fetches = values.map(({ variable }) => `${variable.written}:0`).join(",");
  const ids = values.map(({ id }) => id);
  for (const { id } of session.run("write variables", { names, ids }, fetches)) {
    backend.binding.deleteTensor(id);
  }
}

/** The value that a variable starts with: that of its tf.Variable, or a number everywhere. */
export function initialValue(tf: TensorFlow, variable: GraphVariable): Tensor {
  const { name, shape, dtype, initial } = variable;
  if (initial === "tf.Variable") return tensorFlowVariable(tf, name);
  return tf.fill([...shape], initial, dtypeName(dtype) as "float32" | "int32");
}

/** @throws StateError when the tf.Variable is gone */
export function tensorFlowVariable(tf: TensorFlow, name: string): Variable {
  const variable = tf.engine().registeredVariables[name];
  if (variable) return variable;
  throw new StateError(
    `The tf.Variable "${name}" of the program is disposed. Keep it while the program lives.`,
  );
}

/**
 * The tensors of a state in the order of the variables.
 *
 * @throws StateError unless every variable has a tensor of its shape and type, and no tensor is left over
 */
export function matchState(
  backend: NativeBackend,
  state: Readonly<NamedTensorMap>,
  variables: readonly GraphVariable[],
): { variable: GraphVariable; id: number }[] {
  requireArgument(StateError, isObject(state), "restore", state, "what state() gave");
  const expected = new Set(variables.map(({ name }) => name));
  const extra = Object.keys(state).find((name) => !expected.has(name));
  if (extra !== undefined) {
    throw new StateError(
      `The state holds "${extra}", which the program does not know. Capture the functions that the state is from, ` +
        "on variables of the same names, before it is restored.",
    );
  }
  return variables.map((variable) => {
    const { name, shape, dtype } = variable;
    const tensor = state[name];
    const wanted = `${dtypeName(dtype)} [${shape}]`;
    if (!tensor) throw new StateError(`The state lacks "${name}", ${wanted}.`);
    if (DT[tensor.dtype] !== dtype || !sameShape(tensor.shape, shape)) {
      throw new StateError(
        `The state holds "${name}" as ${tensor.dtype} [${tensor.shape}]; the program has ${wanted}.`,
      );
    }
    return { variable, id: nativeId(backend, tensor) };
  });
}
