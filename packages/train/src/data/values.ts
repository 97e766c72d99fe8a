/** Checks of values: every one a finite number, within the range that is stated. */
import { DataError } from "../errors.js";
import { type ItemArray, itemSize } from "./source.js";

/**
 * The range of items: the one stated, else [0, 1], widened to values that lie beyond.
 *
 * @param where how messages call each set
 * @throws DataError naming the first item with a value that is no finite number, or outside the range stated,
 *   and when another range than [0, 1] is stated of bytes
 */
export function rangeOf(
  sets: readonly ItemArray[],
  where: readonly string[],
  stated?: readonly [number, number],
): [number, number] {
  if (sets.every(({ values }) => values instanceof Uint8Array)) return byteRange(where[0]!, stated);
  const [low, high] = stated ?? [-Infinity, Infinity];
  let [least, most] = [0, 1];
  for (const [set, { values, shape }] of sets.entries()) {
    const [, ...itemShape] = shape;
    const size = itemSize(itemShape);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!(Number.isFinite(value) && value >= low && value <= high)) {
        const what = Number.isFinite(value)
          ? `outside data.range [${low}, ${high}]. State the range of the data, or scale it.`
          : "no finite number. Remove or replace it.";
        throw new DataError(
          `${where[set]}: value ${i % size} of item ${Math.floor(i / size)} is ${value}, ${what}`,
        );
      }
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return stated ? [stated[0], stated[1]] : [least, most];
}

/** Bytes have one scale, so that a range in their own numbers would be a mistake of 255 times. */
function byteRange(where: string, stated: readonly [number, number] = [0, 1]): [number, number] {
  if (stated[0] === 0 && stated[1] === 1) return [0, 1];
  throw new DataError(
    `${where}: holds bytes, which become 0..1, and data.range is [${stated.join(", ")}]. ` +
      "Leave data.range out, or save the values as float32.",
  );
}
