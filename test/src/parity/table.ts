/** The parity table as people read it. */
import type { Difference } from "./compare.js";
import type { Graph } from "./types.js";

/** All differences of one model on one runtime, or why it did not run. */
export interface ParityRow {
  model: string;
  runtime: string;
  differences: Difference[];
  /** Why this runtime could not run here. */
  missing?: string;
}

const GRAPHS: readonly Graph[] = ["encoder", "decoder", "score"];

/** A Markdown table: a row per model and runtime, the largest error per graph over all batches. */
export function formatParityTable(rows: readonly ParityRow[]): string {
  const header = ["model", "runtime", ...GRAPHS, "within tolerance"];
  const body = rows.map((row) => [
    row.model,
    row.runtime,
    ...GRAPHS.map((graph) => (row.missing ? "-" : formatGraph(row, graph))),
    row.missing ? `not run: ${row.missing}` : isWithinTolerance(row) ? "yes" : "NO",
  ]);
  const table = [header, ...body];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(header), rule, ...body.map(line)].join("\n");
}

/** Every tensor of every batch is within its tolerance, and there is at least one. */
export function isWithinTolerance(row: ParityRow): boolean {
  return (
    row.differences.length > 0 &&
    row.differences.every((difference) => difference.largestError <= difference.tolerance)
  );
}

function formatGraph(row: ParityRow, graph: Graph): string {
  const own = row.differences.filter((difference) => difference.graph === graph);
  const error = Math.max(...own.map((difference) => difference.largestError));
  const units = Math.max(...own.map((difference) => difference.unitsInLastPlace));
  return `${error.toExponential(1)} (${units < 10 ? units.toFixed(1) : units.toFixed(0)} ulp)`;
}
