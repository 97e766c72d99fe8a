/** Tables of numbers out of CSV files: a row for each item, a column of classes if wanted. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { CsvError, parse } from "csv-parse";
import type { CsvConfig } from "../config/data.js";
import { DataError, TrainError } from "../errors.js";
import { type Columns, columnsOf } from "./csv-header.js";
import { FloatList } from "./float-list.js";
import type { Reading } from "./reading.js";
import type { DataSource, ItemArray } from "./source.js";
import { splitItems } from "./split.js";
import { rangeOf } from "./values.js";

/** A table as it was read. */
interface Table {
  columns: string[];
  rows: number;
  /** Row after row. */
  values: Float32Array;
  /** Class of each row, where a column has them. */
  classes?: string[];
}

/** From one report of progress to the next. */
const ROWS = 100;

/** @throws DataError naming file, line and column of what is no number, or no row of the table */
export async function readCsv(config: CsvConfig, reading: Reading): Promise<DataSource> {
  const { train: file, test: heldOutFile, heldOut, labelColumn } = config;
  const table = await readTable(file, config, reading);
  const heldOutTable = heldOutFile ? await readTable(heldOutFile, config, reading) : undefined;
  if (heldOutTable && heldOutTable.columns.join() !== table.columns.join()) {
    throw new DataError(
      `${heldOutFile}: has the columns ${heldOutTable.columns.join(", ")}, and ${file} has ${table.columns.join(", ")}.`,
    );
  }
  const names = [...new Set([...(table.classes ?? []), ...(heldOutTable?.classes ?? [])])].sort();
  const all = itemsOf(table, names);
  const heldOutItems = heldOutTable && itemsOf(heldOutTable, names);
  const sets = heldOutItems ? { train: all, test: heldOutItems } : splitItems(all, heldOut);
  scaleColumns(sets, config.scale);
  // Of values as they are in the file, messages can say where.
  const asGiven = heldOutItems ? [all, heldOutItems] : [all];
  const checked = config.scale === "none" ? asGiven : [sets.train, sets.test];
  return {
    ...sets,
    name: basename(file),
    ...(labelColumn !== undefined && { classes: names }),
    range: rangeOf(checked, [file, heldOutFile ?? file], config.range),
  };
}

async function readTable(file: string, config: CsvConfig, reading: Reading): Promise<Table> {
  try {
    return await parseTable(file, config, reading);
  } catch (cause) {
    if (cause instanceof TrainError) throw cause;
    const reason = (cause as Error).message;
    const remedy =
      cause instanceof CsvError
        ? "Quote whole cells, and double a quote inside one."
        : "Give the path of a file.";
    throw new DataError(`${file}: cannot be read (${reason}). ${remedy}`, { cause });
  }
}

async function parseTable(file: string, config: CsvConfig, reading: Reading): Promise<Table> {
  const { size } = await stat(file);
  const stream = createReadStream(file);
  const options = { bom: true, trim: true, skip_empty_lines: true, info: true };
  const parser = stream.pipe(parse({ ...options, relax_column_count: true }));
  stream.on("error", (error) => parser.destroy(error));
  let columns: Columns | undefined;
  const values = new FloatList();
  let rows = 0;
  const classes: string[] = [];
  for await (const { record, info } of parser as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    const where = `${file}, line ${info.lines}`;
    if (!columns) {
      columns = columnsOf(record, config, file, where);
      if (columns.header) continue;
    }
    requireWidth(record, columns.names, where);
    if (columns.label >= 0) classes.push(record[columns.label]!);
    pushNumbers(record, columns, values, where);
    rows += 1;
    if (rows % ROWS === 0) await reading(stream.bytesRead, size);
  }
  if (!columns || rows === 0) {
    throw new DataError(`${file}: empty. Give at least one row of numbers.`);
  }
  await reading(size, size);
  const { names, label } = columns;
  const table = { columns: names.filter((_, i) => i !== label), rows, values: values.toArray() };
  return label >= 0 ? { ...table, classes } : table;
}

function requireWidth(
  record: readonly string[],
  { length }: readonly string[],
  where: string,
): void {
  if (record.length === length) return;
  throw new DataError(
    `${where}: expected ${length} cells, as in the first row, got ${record.length}. ` +
      "Give every column a cell, or leave the row out.",
  );
}

function pushNumbers(
  record: readonly string[],
  { names, label }: Columns,
  values: FloatList,
  where: string,
): void {
  for (let i = 0; i < record.length; i++) {
    if (i === label) continue;
    const cell = record[i]!;
    const value = cell === "" ? Number.NaN : Number(cell);
    if (!Number.isFinite(value)) {
      throw new DataError(
        `${where}, column "${names[i]}": expected a number, got ${JSON.stringify(cell)}. ` +
          (/[;\t]/.test(cell)
            ? "Separate the columns by commas."
            : "Replace it, or leave the row or column out."),
      );
    }
    values.push(value);
  }
}

function itemsOf({ rows, values, classes, columns }: Table, names: readonly string[]): ItemArray {
  const index = new Map(names.map((name, i) => [name, i]));
  return {
    shape: [rows, columns.length],
    values,
    ...(classes && { labels: Int32Array.from(classes, (name) => index.get(name)!) }),
  };
}

/** Scales both sets in place, by the training set's columns; a column of one value becomes 0. */
function scaleColumns(
  { train, test }: { train: ItemArray; test: ItemArray },
  scale: CsvConfig["scale"],
): void {
  if (scale === "none") return;
  const [shifts, sizes] = scale === "unit" ? spans(train) : deviations(train);
  const width = shifts.length;
  for (const { values } of [train, test]) {
    for (let i = 0; i < values.length; i++) {
      const size = sizes[i % width]!;
      values[i] = size === 0 ? 0 : (values[i]! - shifts[i % width]!) / size;
    }
  }
}

/** Smallest value of each column, and how far the largest is from it. */
function spans({ values, shape }: ItemArray): [Float64Array, Float64Array] {
  const width = shape[1];
  const [least, most] = [Float64Array.from(values.subarray(0, width)), new Float64Array(width)];
  most.set(least);
  for (let i = 0; i < values.length; i++) {
    const column = i % width;
    least[column] = Math.min(least[column]!, values[i]!);
    most[column] = Math.max(most[column]!, values[i]!);
  }
  return [least, most.map((value, column) => value - least[column]!)];
}

/** Mean and standard deviation of each column. */
function deviations({ values, shape }: ItemArray): [Float64Array, Float64Array] {
  const [rows, width] = [shape[0], shape[1]];
  const [means, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < values.length; i++) means[i % width]! += values[i]!;
  for (let column = 0; column < width; column++) means[column]! /= rows;
  for (let i = 0; i < values.length; i++) {
    squares[i % width]! += (values[i]! - means[i % width]!) ** 2;
  }
  return [means, squares.map((sum) => Math.sqrt(sum / rows))];
}
