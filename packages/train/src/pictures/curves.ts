/** The training curve: -ELBO, distortion and rate by epoch, one panel each. */
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import {
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Title,
} from "chart.js";
import type { EpochMetrics } from "../training/loop.js";
import type { Losses } from "../training/losses.js";
import { createFigure, FAINT_INK, FONT, INK } from "./figure.js";

const PANEL = { width: 400, height: 320 };
const PANEL_GAP = 20;
export const LINE_DENSITY = 2;

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
  const figure = createFigure({ width, height: PANEL.height }, text, LINE_DENSITY);
  PANELS.forEach((panel, i) => {
    const left = figure.left + i * (PANEL.width + PANEL_GAP);
    const chart = drawPanel(metrics, panel);
    figure.context.drawImage(chart, left, figure.top, PANEL.width, PANEL.height);
  });
  return figure.canvas;
}

function drawPanel(
  metrics: readonly EpochMetrics[],
  { quantity, title }: (typeof PANELS)[number],
): Canvas {
  const lines = SETS.map(({ set, label, colour }) => ({
    label,
    points: metrics.map((line) => ({ x: line.epoch, y: line[set][quantity] })),
    colour,
    width: 2,
  }));
  return drawLines(lines, { ...PANEL, title, epochs: metrics.length, legend: true });
}

/** A line of a chart: nats per image by epoch. */
export interface Line {
  label: string;
  points: { x: number; y: number }[];
  colour: string;
  width: number;
}

export interface LineChart {
  width: number;
  height: number;
  title: string;
  epochs: number;
  legend: boolean;
}

/** One chart, `LINE_DENSITY` times as large as said. */
export function drawLines(lines: readonly Line[], chart: LineChart): Canvas {
  Chart.register(LineController, LineElement, PointElement, LinearScale, Title, Legend);
  const canvas = createCanvas(chart.width, chart.height);
  const datasets = lines.map(({ label, points, colour, width }) => ({
    label,
    data: points,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: width,
    clip: false as const,
    pointRadius: points.length > 40 ? 0 : 2.5,
  }));
  const drawn = new Chart(canvas as never, {
    type: "line",
    data: { datasets },
    options: chartOptions(chart),
  } satisfies ChartConfiguration<"line">);
  drawn.draw();
  return canvas;
}

function chartOptions({ title, epochs, legend }: LineChart) {
  const axis = (text: string) => ({
    title: { display: true, text, color: FAINT_INK },
    grid: { color: "#e6e8ee" },
    border: { color: "#c3c8d4" },
  });
  const ticks = { color: FAINT_INK };
  return {
    animation: false,
    responsive: false,
    devicePixelRatio: LINE_DENSITY,
    font: { family: FONT, size: 12 },
    plugins: {
      title: { display: title !== "", text: title, color: INK, font: { size: 14, family: FONT } },
      legend: { display: legend, labels: { color: INK, boxWidth: 14, boxHeight: 2 } },
    },
    scales: {
      x: {
        ...axis("epoch"),
        type: "linear",
        min: 1,
        max: Math.max(epochs, 2),
        ticks: { ...ticks, precision: 0 },
      },
      y: { ...axis("nats per image"), ticks },
    },
  } as const satisfies ChartConfiguration<"line">["options"];
}
