/** Parts of sets of items: some of them, two sets joined, a part held out. */
import { DataError } from "../errors.js";
import { shuffledOrder } from "./shuffle.js";
import { type ItemArray, itemSize } from "./source.js";
import { spreadRows } from "./spread.js";

/** Of the order in which items are held out: no run's, so that all seeds hold out the same. */
const SPLIT_SEED = 0;

/** Holds out a part of the items, as `splitRows`. */
export function splitItems(
  items: ItemArray,
  heldOut: number,
): { train: ItemArray; test: ItemArray } {
  const { train, test } = splitRows(items.shape[0], heldOut);
  return { train: selectItems(items, train), test: selectItems(items, test) };
}

/**
 * Ascending indices of the items to train on and of those held out, at least one, drawn once and for all seeds.
 *
 * @throws DataError when there are fewer than two items
 */
export function splitRows(count: number, heldOut: number): { train: Int32Array; test: Int32Array } {
  if (count < 2) {
    throw new DataError(
      `data: ${count} ${count === 1 ? "item" : "items"} cannot be split into training and held-out ones. ` +
        "Give more, or held-out items of their own.",
    );
  }
  const held = Math.min(Math.max(Math.round(count * heldOut), 1), count - 1);
  const order = shuffledOrder(count, SPLIT_SEED, 0);
  return { train: order.slice(held).sort(), test: order.slice(0, held).sort() };
}

/** The items at some indices. */
function selectItems(items: ItemArray, indices: Int32Array): ItemArray {
  const { shape, values, labels } = items;
  const [, ...itemShape] = shape;
  const size = itemSize(itemShape);
  const selected = emptyLike(values, indices.length * size);
  indices.forEach((index, i) => {
    selected.set(values.subarray(index * size, (index + 1) * size), i * size);
  });
  return {
    shape: [indices.length, ...itemShape],
    values: selected,
    ...(labels && { labels: Int32Array.from(indices, (index) => labels[index]!) }),
  };
}

/**
 * `limit` of the items, in their order: some of every part of the set, or the first ones; all without a limit.
 *
 * @param key of the configuration, for messages
 * @throws DataError when there are fewer
 */
export function limitItems(
  items: ItemArray,
  limit: number | undefined,
  { key, pick = "spread" }: { key: string; pick?: "spread" | "first" | undefined },
): ItemArray {
  const [available, ...itemShape] = items.shape;
  const count = limit ?? available;
  if (count > available) {
    throw new DataError(
      `${key}: ${count} items asked for, the dataset has ${available}. Ask for fewer.`,
    );
  }
  if (pick === "spread" && count < available) {
    return selectItems(items, spreadRows(count, available));
  }
  return {
    shape: [count, ...itemShape],
    values: items.values.subarray(0, count * itemSize(itemShape)),
    ...(items.labels && { labels: items.labels.subarray(0, count) }),
  };
}

/** Both sets in one, which have items of one shape and type. */
export function joinItems(first: ItemArray, second: ItemArray): ItemArray {
  const [count, ...itemShape] = first.shape;
  return {
    shape: [count + second.shape[0], ...itemShape],
    values: joined(first.values, second.values),
    ...(first.labels &&
      second.labels && { labels: Int32Array.from([...first.labels, ...second.labels]) }),
  };
}

function joined<T extends Uint8Array | Float32Array>(first: T, second: T): T {
  const whole = emptyLike(first, first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole as T;
}

function emptyLike(values: Uint8Array | Float32Array, length: number): Uint8Array | Float32Array {
  return values instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
}
