/** Rows as parquet, by hyparquet-writer, an optional peer: an `id` and a column for each array, lists flat. */
import { open } from "node:fs/promises";
import { elementCount } from "../../shape.js";
import { type Column, rowBytes } from "./npy.js";
import { importPeer } from "./peer.js";
import { readWhole } from "./whole.js";

/** A group is in memory whole, as lists of JavaScript: at most so many bytes of rows, and so many rows. */
const GROUP_BYTES = 2 ** 24;
const GROUP_ROWS = 2 ** 16;

export type ParquetWriting = typeof import("hyparquet-writer");

export function importParquet(): Promise<ParquetWriting> {
  return importPeer("hyparquet-writer", "Writing parquet", () => import("hyparquet-writer"));
}

interface Rows {
  /** The file that holds them, from `offset` on. */
  partial: string;
  offset: number;
  rows: number;
  columns: readonly Column[];
}

export async function writeParquet(
  { ParquetWriter, fileWriter }: ParquetWriting,
  { partial, offset, rows, columns }: Rows,
  id: (row: number) => string,
  target: string,
): Promise<void> {
  const width = rowBytes(columns);
  const group = Math.min(GROUP_ROWS, Math.max(1, Math.floor(GROUP_BYTES / width)));
  const writer = new ParquetWriter({ writer: fileWriter(target), schema: schemaOf(columns) });
  const file = await open(partial);
  try {
    for (let start = 0; start < rows; start += group) {
      const count = Math.min(group, rows - start);
      const bytes = await readWhole(partial, file, offset + start * width, count * width);
      const ids = Array.from({ length: count }, (_, row) => id(start + row));
      const data = columnData(new Float32Array(bytes.buffer), columns, count);
      await writer.write({ columnData: [{ name: "id", data: ids }, ...data], rowGroupSize: count });
    }
    await writer.finish();
  } finally {
    await file.close();
  }
}

function schemaOf(columns: readonly Column[]) {
  const repetition_type = "REQUIRED" as const;
  const float = { type: "FLOAT", repetition_type } as const;
  const fields = columns.flatMap(({ name, shape }) => {
    if (shape.length === 0) return [{ name, ...float }];
    return [
      { name, repetition_type, converted_type: "LIST" as const, num_children: 1 },
      { name: "list", repetition_type: "REPEATED" as const, num_children: 1 },
      { name: "element", ...float },
    ];
  });
  const id = { name: "id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type } as const;
  return [{ name: "root", num_children: columns.length + 1 }, id, ...fields];
}

function columnData(rows: Float32Array, columns: readonly Column[], count: number) {
  const width = rows.length / count;
  let at = 0;
  return columns.map(({ name, shape }) => {
    const [start, size] = [at, elementCount(shape)];
    at += size;
    const value = (row: number) => rows.subarray(row * width + start, row * width + start + size);
    const data = Array.from({ length: count }, (_, row) => {
      return shape.length === 0 ? value(row)[0]! : Array.from(value(row));
    });
    return { name, data };
  });
}
