/** How much the layers of a network give, from which its memory follows. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-node";

/** Numbers that each layer gives for one item. */
export function outputSizes({ layers }: LayersModel): number[] {
  const outputs = layers.flatMap(({ output }) => output as SymbolicTensor | SymbolicTensor[]);
  return outputs.map(({ shape }) => shape.slice(1).reduce<number>((a, b) => a * (b ?? 1), 1));
}
