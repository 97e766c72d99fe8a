/** The held-out -ELBO of every run of a sweep by epoch, in one picture. */
import type { Canvas } from "@napi-rs/canvas";
import type { EpochMetrics } from "../training/loop.js";
import { CHART_DENSITY } from "./chart.js";
import { drawLines } from "./curves.js";
import { createFigure } from "./figure.js";

export interface SweepCurve {
  label: string;
  best: boolean;
  metrics: readonly EpochMetrics[];
}

const SIZE = { width: 900, height: 520 };
/** More labels than this would leave no room for the curves. */
const MOST_LABELS = 12;

/** A figure of one line chart; the best run's line is thick. */
export function drawSweepCurves(curves: readonly SweepCurve[]): Canvas {
  const title = "Held-out −ELBO by epoch";
  const best = curves.find((curve) => curve.best);
  const subtitle = `${curves.length} runs${best === undefined ? "" : `, best ${best.label}`}`;
  const figure = createFigure(SIZE, { title, subtitle }, CHART_DENSITY);
  const lines = curves.map(({ label, metrics, best }, i) => ({
    label,
    points: metrics.map(({ epoch, test }) => ({ x: epoch, y: test.negativeElbo })),
    colour: `hsl(${Math.round((360 * i) / curves.length)} 60% 45%)`,
    width: best ? 4 : 1.5,
  }));
  const epochs = Math.max(...curves.map(({ metrics }) => metrics.length));
  const legend = curves.length <= MOST_LABELS;
  const { context, left, top } = figure;
  drawLines(context, { ...SIZE, left, top }, lines, { title: "", epochs, legend });
  return figure.canvas;
}
