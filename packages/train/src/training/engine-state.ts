/** The state of an engine as named values, under names that are the same in every process. */
import type { NamedTensorMap, Tensor, Variable } from "@tensorflow/tfjs-node";
import type { TensorFlow } from "../tensorflow/index.js";
import type { Vae } from "../vae/vae.js";

/** Values of a tensor, row-major. */
export type SavedTensor = { shape: number[] } & (
  | { dtype: "float32"; values: Float32Array }
  | { dtype: "int32"; values: Int32Array }
);

export type EngineState = Record<string, SavedTensor>;

/** Every weight of both networks, batch-normalisation averages too, by network and place; the likelihood's state. */
export function namedWeights(vae: Vae): [string, Variable][] {
  const ofNetworks = (["encoder", "decoder"] as const).flatMap((network) =>
    vae[network].weights.map((weight, i): [string, Variable] => [
      `${network}/${i}`,
      weight.read() as Variable,
    ]),
  );
  const { state } = vae.likelihood;
  return state ? [...ofNetworks, ["likelihood", state]] : ofNetworks;
}

/** As `namedWeights`, and those of the weights' average under names of their own. */
export function namedState(vae: Vae, average: Vae | undefined): [string, Variable][] {
  const averaged = average ? namedWeights(average) : [];
  return [
    ...namedWeights(vae),
    ...averaged.map(([name, variable]): [string, Variable] => [`average/${name}`, variable]),
  ];
}

/** From the names of tf.Variables, which tf.js numbers within a process, to those of `namedState`. */
export function weightNames(vae: Vae, average: Vae | undefined): ReadonlyMap<string, string> {
  return new Map(namedState(vae, average).map(([name, variable]) => [variable.name, name]));
}

/** Takes back what `valuesOf` copied of `namedWeights`. */
export function assignWeights(tf: TensorFlow, vae: Vae, state: EngineState): void {
  const tensors = toTensors(tf, state);
  for (const [name, variable] of namedWeights(vae)) variable.assign(tensors[name]!);
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
