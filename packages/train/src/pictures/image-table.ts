/** A figure of images in rows and columns, with labels left of the rows and above the columns. */
import type { Canvas } from "@napi-rs/canvas";
import { createFigure, FAINT_INK, type Figure, writeText } from "./figure.js";
import { drawRow, GAP, gridExtent, gridScale, type ImageBatch } from "./grid.js";

export interface ImageRow {
  images: ImageBatch;
  /** Index of the row's first image. */
  first: number;
  label?: string;
}

export interface ImageTable {
  title: string;
  subtitle: string;
  columns: number;
  rows: readonly ImageRow[];
  /** Above the columns. */
  headings?: readonly string[];
  /** Rows that belong together; between groups is a wider gap. */
  group?: number;
  /** Whole number of pixels of an image pixel, and pixels between images; by default, of `gridScale` and `GAP`. */
  scale?: number;
  gap?: number;
}

const GROUP_GAP = 18;
/** Room for the labels of rows and for headings, in pixels. */
const LABELS = 112;
const HEADINGS = 22;

export function drawImageTable(table: ImageTable): Canvas {
  const { columns, rows, headings, group = Infinity, gap = GAP } = table;
  const { shape } = rows[0]!.images;
  const scale = table.scale ?? gridScale(shape);
  const [width, height] = [shape[2] * scale, shape[1] * scale];
  const labels = rows.some(({ label }) => label !== undefined) ? LABELS : 0;
  const above = headings ? HEADINGS : 0;
  const topOf = (row: number) =>
    above + row * (height + gap) + Math.floor(row / group) * (GROUP_GAP - gap);
  const size = {
    width: labels + gridExtent(columns, width, gap),
    height: topOf(rows.length - 1) + height,
  };
  const figure = createFigure(size, table);
  const left = figure.left + labels;
  headings?.forEach((text, column) => {
    const x = left + column * (width + gap) + width / 2;
    write(figure, text, { x, y: figure.top + HEADINGS - 8, align: "center" });
  });
  rows.forEach(({ images, first, label }, row) => {
    const top = figure.top + topOf(row);
    drawRow(figure.context, images, { first, columns, left, top, scale, gap });
    if (label !== undefined) {
      write(figure, label, { x: left - 10, y: top + height / 2 + 4, align: "right" });
    }
  });
  return figure.canvas;
}

function write(
  { context }: Figure,
  text: string,
  place: { x: number; y: number; align: "right" | "center" },
): void {
  writeText(context, text, { ...place, font: "12px", colour: FAINT_INK });
}
