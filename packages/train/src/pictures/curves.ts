/** The training curve: -ELBO, distortion and rate by epoch, one panel each. */
import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import type { EpochMetrics } from "../training/loop.js";
import type { Losses } from "../training/losses.js";
import { axis, CHART_DENSITY, drawChart, type Place } from "./chart.js";
import { createFigure, FONT, INK } from "./figure.js";

const PANEL = { width: 400, height: 320 };
const PANEL_GAP = 20;

const PANELS: readonly { quantity: keyof Losses; title: string }[] = [
  { quantity: "negativeElbo", title: "−ELBO" },
  { quantity: "distortion", title: "distortion" },
  { quantity: "rate", title: "rate" },
];

const SETS = [
  { set: "train", label: "train", colour: "#3b6fb6" },
  { set: "test", label: "held out", colour: "#d1603d" },
] as const;

/** A figure of three line charts. */
export function drawCurves(
  metrics: readonly EpochMetrics[],
  text: { title: string; subtitle: string },
): Canvas {
  const width = PANELS.length * PANEL.width + (PANELS.length - 1) * PANEL_GAP;
  const figure = createFigure({ width, height: PANEL.height }, text, CHART_DENSITY);
  PANELS.forEach((panel, i) => {
    const left = figure.left + i * (PANEL.width + PANEL_GAP);
    const lines = panelLines(metrics, panel.quantity);
    const { title } = panel;
    const chart = { title, epochs: metrics.length, legend: true };
    drawLines(figure.context, { ...PANEL, left, top: figure.top }, lines, chart);
  });
  return figure.canvas;
}

function panelLines(metrics: readonly EpochMetrics[], quantity: keyof Losses): Line[] {
  return SETS.map(({ set, label, colour }) => ({
    label,
    points: metrics.map((line) => ({ x: line.epoch, y: line[set][quantity] })),
    colour,
    width: 2,
  }));
}

/** A line of a chart: nats per image by epoch. */
export interface Line {
  label: string;
  points: { x: number; y: number }[];
  colour: string;
  width: number;
}

export interface LineChart {
  title: string;
  epochs: number;
  legend: boolean;
}

export function drawLines(
  context: SKRSContext2D,
  place: Place,
  lines: readonly Line[],
  { title, epochs, legend }: LineChart,
): void {
  const datasets = lines.map(({ label, points, colour, width }) => ({
    label,
    data: points,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: width,
    clip: false as const,
    pointRadius: points.length > 40 ? 0 : 2.5,
  }));
  const x = axis("epoch");
  drawChart(context, place, {
    type: "line",
    data: { datasets },
    options: {
      plugins: {
        title: { display: title !== "", text: title, color: INK, font: { size: 14, family: FONT } },
        legend: { display: legend, labels: { color: INK, boxWidth: 14, boxHeight: 2 } },
      },
      scales: {
        x: {
          ...x,
          type: "linear",
          min: 1,
          max: Math.max(epochs, 2),
          ticks: { ...x.ticks, precision: 0 },
        },
        y: axis("nats per image"),
      },
    },
  });
}
