/** Charts by chart.js, drawn into figures. */
import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import {
  Chart,
  type ChartConfiguration,
  type ChartType,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  ScatterController,
  Title,
} from "chart.js";
import { FAINT_INK, FONT } from "./figure.js";

/** Device pixels per pixel of a chart, and so of a figure that holds one. */
export const CHART_DENSITY = 2;

/** Where a chart goes, in pixels. */
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Draws a chart at `place`. */
export function drawChart<Type extends ChartType>(
  context: SKRSContext2D,
  { left, top, width, height }: Place,
  { options, ...configuration }: ChartConfiguration<Type>,
): void {
  Chart.register(LineController, ScatterController, LineElement, PointElement, LinearScale);
  Chart.register(Title, Legend);
  const canvas = createCanvas(width, height);
  const fixed = { animation: false, responsive: false, devicePixelRatio: CHART_DENSITY };
  const font = { family: FONT, size: 12 };
  const chart = new Chart(
    canvas as never,
    {
      ...configuration,
      options: { ...options, ...fixed, font },
    } as ChartConfiguration,
  );
  chart.draw();
  context.drawImage(canvas, left, top, width, height);
  chart.destroy(); // until then chart.js keeps it, with all of its canvas
}

/** What the axes of all charts share. */
export function axis(text: string) {
  return {
    title: { display: true, text, color: FAINT_INK },
    grid: { color: "#e6e8ee" },
    border: { color: "#c3c8d4" },
    ticks: { color: FAINT_INK },
  };
}
