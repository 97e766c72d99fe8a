/** Tables of numbers out of CSV files: a row for each item, a column of classes if wanted. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";
import type { CsvConfig } from "../config/data.js";
import { DataError, TrainError } from "../errors.js";
import { type Columns, columnsOf } from "./csv-header.js";
import { type Scaling, scaled, scalingOf } from "./csv-scale.js";
import { isCompressedFile } from "./gzip.js";
import { NumberList } from "./number-list.js";
import type { Reading } from "./reading.js";
import type { DataSource, ItemArray } from "./source.js";
import { splitItems, splitRows } from "./split.js";
import { rangeOf } from "./values.js";

/** A table as it was read. */
interface Table {
  columns: string[];
  rows: number;
  /** Row after row; float64 of what is still to be scaled. */
  values: Float32Array | Float64Array;
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
  const names = classNames([...(table.classes ?? []), ...(heldOutTable?.classes ?? [])]);
  const trained = heldOutTable ? undefined : splitRows(table.rows, heldOut).train;
  const scaling = scalingOf(table.values, table.columns.length, config.scale, trained);
  const all = itemsOf(table, names, scaling);
  const heldOutItems = heldOutTable && itemsOf(heldOutTable, names, scaling);
  const sets = heldOutItems ? { train: all, test: heldOutItems } : splitItems(all, heldOut);
  // Of values as they are in the file, messages can say where.
  const asGiven = heldOutItems ? [all, heldOutItems] : [all];
  const checked = config.scale === "none" ? asGiven : [sets.train, sets.test];
  return {
    ...sets,
    name: basename(file),
    ...(labelColumn !== undefined && { classes: names }),
    columns: table.columns.map((name, i) => {
      return { name, shift: scaling.shifts[i]!, size: scaling.sizes[i]! };
    }),
    range: rangeOf(checked, [file, heldOutFile ?? file], config.range),
  };
}

async function readTable(file: string, config: CsvConfig, reading: Reading): Promise<Table> {
  try {
    return await parseTable(file, config, reading);
  } catch (cause) {
    if (cause instanceof TrainError) throw cause;
    const reason = (cause as Error).message;
    throw new DataError(`${file}: cannot be read (${reason}). ${remedyFor(cause)}`, { cause });
  }
}

function remedyFor(cause: unknown): string {
  if (cause instanceof CsvError) return "Quote whole cells, and double a quote inside one.";
  const unpacking = (cause as NodeJS.ErrnoException).code?.startsWith("Z_"); // zlib's
  return unpacking ? "Fetch it again." : "Give the path of a file.";
}

async function parseTable(file: string, config: CsvConfig, reading: Reading): Promise<Table> {
  const { size } = await stat(file);
  const unpacking = (await isCompressedFile(file)) ? [createGunzip()] : [];
  const stream = createReadStream(file);
  const options = { bom: true, trim: true, skip_empty_lines: true, info: true };
  const parser = parse({ ...options, relax_column_count: true });
  pipeline([stream, ...unpacking, parser], () => {}); // the parser fails with what fails before it
  let columns: Columns | undefined;
  const values = new NumberList(config.scale === "none" ? Float32Array : Float64Array);
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
    if (columns.label >= 0) classes.push(classOf(record, columns, where));
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

function classOf(record: readonly string[], { names, label }: Columns, where: string): string {
  const cell = record[label]!;
  if (cell !== "") return cell;
  throw new DataError(
    `${where}, column "${names[label]}": holds no class (data.labelColumn). Give it one, or leave the row out.`,
  );
}

/** Each class once: in the order of numbers where all are such, so that class 2 comes before class 10. */
function classNames(cells: readonly string[]): string[] {
  const names = [...new Set(cells)].sort();
  const numbers = names.every((name) => Number.isFinite(Number(name)));
  return numbers ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

function pushNumbers(
  record: readonly string[],
  { names, label }: Columns,
  values: NumberList,
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

function itemsOf(
  { rows, values, classes, columns }: Table,
  names: readonly string[],
  scaling: Scaling,
): ItemArray {
  const index = new Map(names.map((name, i) => [name, i]));
  return {
    shape: [rows, columns.length],
    values: values instanceof Float32Array ? values : scaled(values, scaling),
    ...(classes && { labels: Int32Array.from(classes, (name) => index.get(name)!) }),
  };
}
