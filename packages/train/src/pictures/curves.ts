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
const DENSITY = 2;

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
  const figure = createFigure({ width, height: PANEL.height }, text, DENSITY);
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
  Chart.register(LineController, LineElement, PointElement, LinearScale, Title, Legend);
  const canvas = createCanvas(PANEL.width, PANEL.height);
  const datasets = SETS.map(({ set, label, colour }) => ({
    label,
    data: metrics.map((line) => ({ x: line.epoch, y: line[set][quantity] })),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 2,
    clip: false as const,
    pointRadius: metrics.length > 40 ? 0 : 2.5,
  }));
  const chart = new Chart(canvas as never, {
    type: "line",
    data: { datasets },
    options: chartOptions(title, metrics.length),
  } satisfies ChartConfiguration<"line">);
  chart.draw();
  return canvas;
}

function chartOptions(title: string, epochs: number) {
  const axis = (text: string) => ({
    title: { display: true, text, color: FAINT_INK },
    grid: { color: "#e6e8ee" },
    border: { color: "#c3c8d4" },
  });
  const ticks = { color: FAINT_INK };
  return {
    animation: false,
    responsive: false,
    devicePixelRatio: DENSITY,
    font: { family: FONT, size: 12 },
    plugins: {
      title: { display: true, text: title, color: INK, font: { size: 14, family: FONT } },
      legend: { labels: { color: INK, boxWidth: 14, boxHeight: 2 } },
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
