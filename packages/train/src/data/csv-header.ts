/** Whether the first row of a table names its columns, and which column holds the classes. */
import type { CsvConfig } from "../config/data.js";
import { DataError } from "../errors.js";

export interface Columns {
  names: string[];
  /** Index of the one that holds the classes, -1 without. */
  label: number;
  /** Whether the first row names them, and is no item. */
  header: boolean;
}

const REMEDY = "Set data.header to true where it names the columns, to false where it is an item.";

/**
 * The columns of a table, by its first row.
 *
 * @param where how messages call the row
 * @throws DataError when it may be a header as well as an item, or no column has the name of the label column
 */
export function columnsOf(
  first: string[],
  { header: stated, labelColumn }: CsvConfig,
  file: string,
  where: string,
): Columns {
  const numbered = first.map((_, i) => `column ${i + 1}`);
  const header = stated ?? isHeader(first, numbered, labelColumn, where);
  const names = header ? first : numbered;
  const label = labelColumn === undefined ? -1 : names.indexOf(labelColumn);
  if (label >= 0 && names.length === 1) {
    throw new DataError(
      `${file}: has no column beside "${labelColumn}" (data.labelColumn), which holds the classes. Give it columns of numbers.`,
    );
  }
  if (labelColumn === undefined || label >= 0) return { names, label, header };
  throw new DataError(
    `${file}: has no column "${labelColumn}" (data.labelColumn); its columns are ${names.join(", ")}.`,
  );
}

function isHeader(
  first: readonly string[],
  numbered: readonly string[],
  labelColumn: string | undefined,
  where: string,
): boolean {
  if (labelColumn !== undefined && !isNumber(labelColumn) && first.includes(labelColumn)) {
    return true;
  }
  // A class may be text in a row of numbers, and a number says nothing of what it is.
  const cells = first.filter((cell, i) => cell !== "" && numbered[i] !== labelColumn);
  const text = cells.find((cell) => !isNumber(cell));
  if (text !== undefined && cells.some(isNumber)) {
    throw new DataError(
      `${where}: the first row mixes numbers and text (${JSON.stringify(text)}). ${REMEDY}`,
    );
  }
  const given = first.filter((cell) => cell !== ""); // pandas leaves the name of its index empty
  if (given.length > 0 && given.every((cell, i) => cell === String(i))) {
    throw new DataError(
      `${where}: the first row counts ${given.length === 1 ? "0" : `0 to ${given.length - 1}`}, ` +
        `as the names that pandas gives columns. ${REMEDY}`,
    );
  }
  return text !== undefined;
}

function isNumber(cell: string): boolean {
  return cell !== "" && Number.isFinite(Number(cell));
}
