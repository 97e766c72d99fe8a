/** The state of an engine as named values, under names that are the same in every process. */
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Networks } from "../vae/layers.js";

/** Values of a tensor, row-major. */
export type SavedTensor = { shape: number[] } & (
  | { dtype: "float32"; values: Float32Array }
  | { dtype: "int32"; values: Int32Array }
);

export type EngineState = Record<string, SavedTensor>;

/** Every weight of both networks, batch-normalisation averages included, by network and place. */
export function namedWeights(networks: Networks): [string, Variable][] {
  return (["encoder", "decoder"] as const).flatMap((network) =>
    networks[network].weights.map((weight, i): [string, Variable] => [
      `${network}/${i}`,
      weight.read() as Variable,
    ]),
  );
}

/** As `namedWeights`, and those of the weights' average under names of their own. */
export function namedState(
  networks: Networks,
  average: Networks | undefined,
): [string, Variable][] {
  const averaged = average ? namedWeights(average) : [];
  return [
    ...namedWeights(networks),
    ...averaged.map(([name, variable]): [string, Variable] => [`average/${name}`, variable]),
  ];
}

/** From the names of tf.Variables, which tf.js numbers within a process, to those of `namedState`. */
export function weightNames(
  networks: Networks,
  average: Networks | undefined,
): ReadonlyMap<string, string> {
  return new Map(namedState(networks, average).map(([name, variable]) => [variable.name, name]));
}

/** Takes back what `valuesOf` copied of `namedWeights`. */
export function assignWeights(tf: TensorFlow, networks: Networks, state: EngineState): void {
  const tensors = toTensors(tf, state);
  for (const [name, variable] of namedWeights(networks)) variable.assign(tensors[name]!);
  tf.dispose(tensors);
}

/** Copies the values; the tensors stay the caller's. */
export function valuesOf(tensors: NamedTensorMap): EngineState {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, saved(tensor)]));
}

/** Copies the values and frees the tensors. */
export function takeValues(tensors: NamedTensorMap): EngineState {
  const state = valuesOf(tensors);
  for (const tensor of Object.values(tensors)) tensor.dispose();
  return state;
}

/** Tensors of a state; the caller disposes of them. */
export function toTensors(tf: TensorFlow, state: EngineState): NamedTensorMap {
  return Object.fromEntries(
    Object.entries(state).map(([name, { values, shape, dtype }]) => {
      return [name, tf.tensor(values, shape, dtype)];
    }),
  );
}

function saved(tensor: Tensor): SavedTensor {
  const shape = [...tensor.shape];
  return tensor.dtype === "int32"
    ? { shape, dtype: "int32", values: tensor.dataSync<"int32">().slice() }
    : { shape, dtype: "float32", values: tensor.dataSync<"float32">().slice() };
}
