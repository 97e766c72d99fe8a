/** Batches taken apart and put together along their first axis. */
import type { Tensor } from "./runtime/types.js";

/** Tensors by name, of as many items each. */
export type Tensors<Name extends string = string> = Record<Name, Tensor>;

/** At most `count` items of every tensor from item `start` on, as views. */
export function slice(tensors: Tensors, start: number, count: number): Tensors {
  const parts = Object.entries(tensors).map(([name, { data, shape }]) => {
    const [items, ...item] = shape as [number, ...number[]];
    const size = data.length / items;
    const part = data.subarray(start * size, (start + count) * size);
    const tensor: Tensor = { data: part, shape: [part.length / size, ...item] };
    return [name, tensor] as const;
  });
  return Object.fromEntries(parts);
}

/** The items of all parts, in order. */
export function join<Name extends string>(
  parts: readonly Tensors<Name>[],
  names: readonly Name[],
): Tensors<Name> {
  const joined = names.map((name) => {
    const tensors = parts.map((part) => part[name]);
    const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
    let items = 0;
    let offset = 0;
    for (const tensor of tensors) {
      data.set(tensor.data, offset);
      offset += tensor.data.length;
      items += tensor.shape[0]!;
    }
    const tensor: Tensor = { data, shape: [items, ...tensors[0]!.shape.slice(1)] };
    return [name, tensor] as const;
  });
  return Object.fromEntries(joined) as Tensors<Name>;
}
