/** Seeded order of the items of an epoch, and its cut into batches. */
import { seededUniform } from "@vaeport/infer/random";

/**
 * A permutation of 0..count-1 that depends on seed and epoch alone.
 * Fisher-Yates; Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2P.
 */
export function shuffledOrder(count: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const draws = seededUniform(seed, count, epoch);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(draws[last]! * (last + 1));
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}

/** Consecutive views of `order`, each of `size` items; the last one, smaller where they do not divide, included. */
export function batches(order: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) =>
    order.subarray(i * size, (i + 1) * size),
  );
}
