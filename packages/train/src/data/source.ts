/** What a reader of data gives: items in plain memory, not yet cut, split or scaled. */

/** Shape of one item: [H, W, C] of an image, [D] of a row of a table. */
export type ItemShape = readonly [number, number, number] | readonly [number];

/** How many values an item has. */
export function itemSize(shape: readonly number[]): number {
  return shape.reduce<number>((product, axis) => product * axis, 1);
}

/** Items in row-major order, `shape` [N, H, W, C] of images, [N, D] of rows of a table. */
export interface ItemArray {
  shape: readonly [number, ...ItemShape];
  /** Bytes 0..255, which stand for 0..1, or values as they are. */
  values: Uint8Array | Float32Array;
  /** Class of each item, an index into the source's `classes`. */
  labels?: Uint8Array | Int32Array;
}

/** Images as bytes 0..255, with the class of each. */
export interface ByteImages extends ItemArray {
  values: Uint8Array;
  labels: Uint8Array;
}

/** A column of a table: items hold (value - shift) / size of its values, 0 where the size is. */
export interface Column {
  name: string;
  shift: number;
  size: number;
}

/** A dataset as it was read. */
export interface DataSource {
  /** Of the dataset; by default that of the configuration. */
  name?: string;
  train: ItemArray;
  test: ItemArray;
  /** Names of the classes, where the items are labelled. */
  classes?: readonly string[];
  /** What the values of an item are, where they come from a table. */
  columns?: readonly Column[];
  /** Smallest and largest value that an item may have. */
  range: [number, number];
}
