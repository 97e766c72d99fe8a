/** A figure: a white page with a title above its content, written as a PNG. */
import { createRequire } from "node:module";
import { type Canvas, createCanvas, GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";

/** The typeface of all pictures. It ships with the package, since a machine may have none. */
export const FONT = "DejaVu Sans";
export const INK = "#1f2430";
export const FAINT_INK = "#667085";

/** White border around a figure, in pixels. */
const MARGIN = 24;
const HEADER = 64;

export interface Figure {
  canvas: Canvas;
  context: SKRSContext2D;
  /** Where the content begins. */
  left: number;
  top: number;
}

/**
 * An empty figure around content of the given size in pixels.
 *
 * @param density device pixels per pixel
 */
export function createFigure(
  size: { width: number; height: number },
  { title, subtitle }: { title: string; subtitle: string },
  density = 1,
): Figure {
  registerFont();
  const width = size.width + 2 * MARGIN;
  const height = size.height + 2 * MARGIN + HEADER;
  const canvas = createCanvas(width * density, height * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.textBaseline = "alphabetic";
  writeText(context, title, { x: MARGIN, y: MARGIN + 18, font: "bold 18px", colour: INK });
  writeText(context, subtitle, { x: MARGIN, y: MARGIN + 42, font: "13px", colour: FAINT_INK });
  return { canvas, context, left: MARGIN, top: MARGIN + HEADER };
}

export function writeText(
  context: SKRSContext2D,
  text: string,
  { x, y, font, colour, align = "left" }: TextStyle,
): void {
  context.font = `${font} "${FONT}"`;
  context.fillStyle = colour;
  context.textAlign = align;
  context.fillText(text, x, y);
}

interface TextStyle {
  x: number;
  /** Of the baseline. */
  y: number;
  /** Weight and size, as in CSS. */
  font: string;
  colour: string;
  align?: "left" | "right" | "center";
}

function registerFont(): void {
  if (GlobalFonts.has(FONT)) return;
  const { resolve } = createRequire(import.meta.url);
  for (const file of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]) {
    GlobalFonts.registerFromPath(resolve(`dejavu-fonts-ttf/ttf/${file}`), FONT);
  }
}
